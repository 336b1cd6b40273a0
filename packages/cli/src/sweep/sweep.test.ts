import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evenkeel, watched } from '../../test/evenkeel.js';
import { axesOf, pointsOf } from './axes.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-sweep-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SMALL = ['--data', 'modularArithmetic', '--data.modulus', '7', '--model', 'mlp', '--model.hidden', '8'];
const sweep = (out: string, ...args: string[]) => [
  ...['sweep', ...SMALL, '--steps', '10', '--optimizer', 'sgd', '--out', out],
  ...args,
];
const RATES = ['--over', 'optimizer.learningRate=0.01,1,1e30', '--over', 'seed=1,2'];
const weightsIn = (run: string) => {
  const checkpoints = join(run, 'checkpoints');
  const name = readFileSync(join(checkpoints, 'latest'), 'utf8').split('\n')[0];
  return readFileSync(join(checkpoints, name, 'weights.safetensors'));
};

describe('axes', () => {
  it('give every combination, the last fastest', () => {
    const points = pointsOf(axesOf(['optimizer=adamw,muon', 'seed=1,2'], []));
    expect(points.map(({ name }) => name)).toEqual([
      'optimizer=adamw,seed=1',
      'optimizer=adamw,seed=2',
      'optimizer=muon,seed=1',
      'optimizer=muon,seed=2',
    ]);
  });

  it('take lists in brackets', () => {
    const [{ values }] = axesOf(['model.hidden=[200,200],[400]'], []);
    expect(values).toEqual(['200,200', '400']);
  });

  it.each([
    [[], 'no --over came'],
    [['seed'], 'expected a field and its values'],
    [['seed='], 'has no values'],
    [['seed=1,1'], 'has 1 twice'],
    [['learningRate=1'], 'did you mean optimizer.learningRate?'],
    [['__proto__=1'], 'no field of a config'],
    [['loss=softmax', 'loss.name=stablemax'], 'expected it once'],
    [[manyValues()], 'expected at most'],
    [['data=a/b,a_b'], 'two runs would go to'],
  ])('that are wrong say what was expected: %.60j', (texts, message) => {
    expect(() => pointsOf(axesOf(texts, []))).toThrow(message);
  });
});

/** More values than a sweep may have. */
function manyValues(): string {
  return `steps=${Array.from({ length: 10_001 }, (_, i) => i + 1).join(',')}`;
}

describe('sweep', () => {
  const out = join(root, 'rates');

  it('trains all, takes divergence for a result, and names the best', async () => {
    const { code, out: printed } = await evenkeel(...sweep(out, ...RATES));
    expect(code).toBe(0);
    const { runs } = JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8'));
    expect(Object.keys(runs)).toHaveLength(6);
    expect(runs['optimizer.learningRate=1e30,seed=2']).toMatchObject({ ended: 'diverged', step: 2 });
    const meanOf = (rate: string) =>
      [1, 2].reduce((sum, seed) => {
        return sum + runs[`optimizer.learningRate=${rate},seed=${seed}`].metrics.validationLoss / 2;
      }, 0);
    const best = meanOf('0.01') < meanOf('1') ? '0.01' : '1';
    expect(printed).toContain(`with --optimizer.learningRate ${best}\n`);
    const plot = readFileSync(join(out, 'sweep.svg'), 'utf8');
    expect(plot).toMatch(/^<svg/);
    expect(plot.match(/×/g)).toHaveLength(2);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('optimizer.learningRate=1,seed=2');
  });

  it('trains only what is new', async () => {
    const before = readFileSync(join(out, 'optimizer.learningRate=1,seed=1', 'metrics.jsonl'), 'utf8');
    const { out: printed } = await evenkeel(
      ...sweep(out, '--over', 'optimizer.learningRate=1,0.1', '--over', 'seed=1,2', '--json'),
    );
    const events = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const started = events.filter(({ event }) => event === 'start').map(({ directory }) => directory);
    expect(started).toEqual([1, 2].map((seed) => join(out, `optimizer.learningRate=0.1,seed=${seed}`)));
    expect(events.at(-1).settings).toHaveLength(2);
    expect(readFileSync(join(out, 'optimizer.learningRate=1,seed=1', 'metrics.jsonl'), 'utf8')).toBe(before);
    const { runs } = JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8'));
    expect(Object.keys(runs)).toHaveLength(8); // what is not asked for now is kept
  });

  it('stops at Ctrl-C, and goes on to the same weights', async () => {
    const [whole, stopped] = [join(root, 'whole'), join(root, 'stopped')];
    const seeds = ['--over', 'seed=1,2'];
    await evenkeel(...sweep(whole, ...seeds));
    let runs = 0;
    const stop = (piece: string) => {
      if (/parameters,/.test(piece) && ++runs === 2) process.emit('SIGINT', 'SIGINT');
    };
    expect(await watched(stop, ...sweep(stopped, ...seeds))).toMatchObject({ code: 130 });
    expect(Object.keys(JSON.parse(readFileSync(join(stopped, 'sweep.json'), 'utf8')).runs)).toEqual([
      'seed=1',
    ]);
    expect(await evenkeel(...sweep(stopped, ...seeds))).toMatchObject({ code: 0 });
    for (const run of ['seed=1', 'seed=2'])
      expect(weightsIn(join(stopped, run)).equals(weightsIn(join(whole, run)))).toBe(true);
  });

  it('begins anew with --overwrite, and goes on without it', async () => {
    const folder = join(root, 'anew');
    const seeds = ['--over', 'seed=1,2,3'];
    const changed = [...seeds, '--optimizer.momentum', '0.5'];
    await evenkeel(...sweep(folder, ...seeds));
    let runs = 0;
    const stop = (piece: string) => {
      if (/parameters,/.test(piece) && ++runs === 2) process.emit('SIGINT', 'SIGINT');
    };
    const { out: stopped } = await watched(stop, ...sweep(folder, ...changed, '--overwrite'));
    expect(stopped).toContain('the same command, without --overwrite, goes on');
    const { code, out: printed } = await evenkeel(...sweep(folder, ...changed));
    expect(code).toBe(0);
    expect(printed).toContain('3 runs, 2 to train');
    for (const seed of [1, 2, 3]) {
      const { config } = JSON.parse(readFileSync(join(folder, `seed=${seed}`, 'run.json'), 'utf8'));
      expect(config.optimizer.momentum).toBe(0.5);
    }
  });

  it('trains what was deleted, and finds its runs when its own file was', async () => {
    const folder = join(root, 'deleted');
    const seeds = ['--over', 'seed=1,2'];
    await evenkeel(...sweep(folder, ...seeds));
    const file = join(folder, 'sweep.json');
    rmSync(join(folder, 'seed=2'), { recursive: true });
    expect((await evenkeel(...sweep(folder, ...seeds))).out).toContain('2 runs, 1 to train');
    const before = readFileSync(file, 'utf8');
    const trained = weightsIn(join(folder, 'seed=1'));
    rmSync(file);
    expect(await evenkeel(...sweep(folder, ...seeds))).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(weightsIn(join(folder, 'seed=1')).equals(trained)).toBe(true);
  });

  it('does not mix runs with and without a setting', async () => {
    const folder = join(root, 'mixed');
    const seeds = ['--over', 'seed=1,2'];
    await evenkeel(...sweep(folder, ...seeds, '--grokfast.alpha', '0.9'));
    const { errors } = await evenkeel(...sweep(folder, ...seeds));
    expect(errors).toContain('holds a run with another grokfast');
  });

  it.each([
    ['loss=softmax,stablemax', 'softmax, stablemax'],
    ['loss.clampMin=-5,-10', 'stablemax clampMin -5, stablemax clampMin -10'],
    ['expandHead=true,false', 'softmax expandHead, softmax'],
  ])('compares different losses by accuracy, and says so: %s', async (over, losses) => {
    const folder = join(root, over);
    const name = over.startsWith('loss.') ? ['--loss', 'stablemax'] : [];
    const args = sweep(folder, ...name, '--over', over, '--over', 'optimizer.learningRate=0.01,1');
    const refused = await evenkeel(...args, '--metric', 'validationLoss');
    expect(refused.errors).toContain(`'validationLoss' and the losses differ (${losses})`);
    expect(existsSync(folder)).toBe(false);
    const { out: printed } = await evenkeel(...args);
    expect(printed).toContain(`compared by validation accuracy: the losses differ (${losses})`);
    const { runs } = JSON.parse(readFileSync(join(folder, 'sweep.json'), 'utf8'));
    const accuracies = Object.values<{ metrics: Record<string, number> }>(runs).map(
      ({ metrics }) => metrics.validationAccuracy,
    );
    expect(printed).toContain(`best: validation accuracy ${(100 * Math.max(...accuracies)).toFixed(1)} %`);
  });

  it('lists what it would do', async () => {
    const never = join(root, 'never');
    const { out: printed } = await evenkeel(...sweep(never, ...RATES, '--dry-run'));
    expect(printed).toContain('6 runs, 6 to train');
    expect(existsSync(never)).toBe(false);
  });

  it.each([
    [RATES, ['--steps', '11'], 'holds a run with another steps'],
    [RATES, ['--backend', 'cpu'], 'holds a run with another backend'],
    [[...RATES, '--seed', '1'], [], '--seed came in --over and once more'],
    [['--over', 'loss=softmax,hinge'], [], 'loss is "hinge", expected one of'],
    [RATES, ['--metric', 'speed'], "--metric is 'speed', expected one of loss"],
  ])('refuses what does not fit, and leaves all as it was: %j %j', async (over, more, message) => {
    const before = readFileSync(join(out, 'sweep.json'), 'utf8');
    const args = sweep(out, ...over).filter((arg, i, all) => {
      return !(more.includes('--steps') && (arg === '--steps' || all[i - 1] === '--steps'));
    });
    const { code, errors } = await evenkeel(...args, ...more);
    expect(errors).toContain(message);
    expect(code).toBe(1);
    expect(readFileSync(join(out, 'sweep.json'), 'utf8')).toBe(before);
  });

  it('does not write into a folder of something else, nor trust a damaged file', async () => {
    const other = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(other, 'precious.txt'), 'mine');
    expect((await evenkeel(...sweep(other, ...RATES, '--overwrite'))).errors).toContain('something else');
    expect(readdirSync(other)).toEqual(['precious.txt']);
    for (const damage of ['{', '{}', '{ "runs": { "seed=1": 1 } }']) {
      writeFileSync(join(other, 'sweep.json'), damage);
      expect((await evenkeel(...sweep(other, ...RATES))).errors).toContain('is damaged');
    }
  });
});
