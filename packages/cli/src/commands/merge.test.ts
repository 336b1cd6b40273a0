import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GPT } from '@evenkeel/gpt-model';
import { expectClose } from '@evenkeel/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, printed as run } from '../../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-merge-'));
const at = (...names: string[]) => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const train = (name: string, ...args: string[]) =>
  run(...['train', '--out', at(name), '--steps', '3', '--backend', 'cpu', '--json', ...args]);
const MODEL = [
  ...['--model', 'llama', '--model.contextLength', '8', '--model.layers', '1', '--model.heads', '2'],
  ...['--model.width', '8', '--data.batchSize', '2'],
];
const merge = (...args: string[]) => evenkeel('merge', ...args);

/** All weights of models, by name. */
async function weightsOf(...names: string[]): Promise<Map<string, Float32Array>[]> {
  const all = [];
  for (const name of names) {
    const model = await GPT.load(at(name));
    all.push(new Map([...model.parameters].map(([key, w]) => [key, w.dataSync() as Float32Array])));
    model.dispose();
  }
  return all;
}

beforeAll(async () => {
  writeFileSync(at('text.txt'), 'to be or not to be, that is the question. '.repeat(40));
  writeFileSync(at('other.txt'), 'to be or not to be, that is the zuestion. '.repeat(40));
  for (const seed of ['1', '2']) {
    await train(seed, '--text', at('text.txt'), ...MODEL, '--seed', seed);
    await run('export', at(seed), '--out', at(`m${seed}`));
  }
  for (const seed of ['3', '4']) {
    await train(seed, '--text', at('text.txt'), '--model', at('1'), '--data.batchSize', '2', '--seed', seed);
    await run('export', at(seed), '--out', at(`m${seed}`));
  }
});

describe('evenkeel merge', () => {
  it('writes the mean of two models as a model', async () => {
    const said = await run('merge', at('1'), at('m2'), '--out', at('mean'));
    expect(said).toContain('holds config.json, model.safetensors');
    const [a, b, mean] = await weightsOf('m1', 'm2', 'mean');
    for (const [name, values] of mean) {
      const wanted = values.map((_, i) => (a.get(name)![i] + b.get(name)![i]) / 2);
      expectClose(Array.from(values), Array.from(wanted), 1e-6);
    }
    expect(await run('generate', at('mean'), 'to be', '--max-tokens', '3', '--backend', 'cpu')).toContain(
      'to be',
    );
  });

  it('adds up what two learned from one base', async () => {
    await run(
      ...['merge', at('3'), at('4'), '--base', at('1'), '--method', 'taskArithmetic'],
      ...['--weights', '1,0.5', '--scale', '0.5', '--out', at('sum')],
    );
    const [base, a, b, sum] = await weightsOf('m1', 'm3', 'm4', 'sum');
    for (const [name, values] of sum) {
      const [x, y, z] = [base, a, b].map((weights) => weights.get(name)!);
      const wanted = values.map((_, i) => x[i] + 0.5 * (y[i] - x[i] + 0.5 * (z[i] - x[i])));
      expectClose(Array.from(values), Array.from(wanted), 1e-6);
    }
  });

  it.each([
    ['slerp', '--alpha', '0.3', '--align'],
    ['mean', '--align', '--weights', '0.7,0.3'],
    ['ties', '--base', 'm1', '--density', '0.5', '--elect', 'count'],
    ['dare', '--base', 'm1', '--density', '0.5', '--seed', '4'],
  ])('merges by %s', async (method, ...flags) => {
    const args = flags.map((flag) => (flag === 'm1' ? at('m1') : flag));
    await run('merge', at('3'), at('4'), '--method', method, ...args, '--out', at('merged'), '--overwrite');
    expect(readdirSync(at('merged'))).toContain('model.safetensors');
    const [merged, third] = await weightsOf('merged', 'm3');
    expect(merged.get('embed.weight')).not.toEqual(third.get('embed.weight'));
  });

  it.each([
    [['--method', 'slerp', '--scale', '2'], '--scale has no effect with --method slerp'],
    [['--method', 'ties'], 'expected it: --base MODEL'],
    [['--weights', '1,2,3'], '--weights has 3 numbers for 2 models'],
    [['--weights', 'much'], 'expected numbers with commas'],
    [['--method', 'dare', '--base', 'm1', '--density', '3'], 'dare: density is 3'],
  ])('refuses %j', async (args, message) => {
    const { errors, code } = await merge(
      at('m1'),
      at('m2'),
      '--out',
      at('never'),
      ...args.map((arg) => (arg === 'm1' ? at('m1') : arg)),
    );
    expect(errors).toContain(message);
    expect(code).not.toBe(0);
  });

  it('refuses one model, other functions, other tokens, and a folder that holds something', async () => {
    expect((await merge(at('m1'), '--out', at('never'))).errors).toContain(
      'got 1 models, expected two or more',
    );
    await train('other', '--text', at('other.txt'), ...MODEL);
    await train('wide', '--text', at('text.txt'), ...MODEL.slice(0, -4), '--model.width', '16');
    const { errors } = await merge(at('m1'), at('other'), '--out', at('never'));
    expect(errors).toMatch(/token \d+ is "." in .* and "." in .*, expected the same tokens/);
    expect((await merge(at('m1'), at('wide'), '--out', at('never'))).errors).toContain('width is 8 and 16');
    expect((await merge(at('m1'), at('m2'), '--out', at('m1'))).errors).toContain('holds a model already');
    expect((await merge(at('m1'), at('m2'), '--out', at('1'))).errors).toContain('holds something else');
  });
});

describe('evenkeel interpolate --align', () => {
  const barrier = async (...flags: string[]) => {
    const args = [
      '--alphas',
      '3',
      '--batches',
      '2',
      '--out',
      at('path'),
      '--overwrite',
      '--backend',
      'cpu',
      '--json',
    ];
    const told = JSON.parse(await run('interpolate', at('1'), at('2'), ...args, ...flags));
    expect(JSON.parse(readFileSync(at('path', 'path.json'), 'utf8')).aligned).toBe(told.aligned);
    return told;
  };

  it.each(['weights', 'activations'])('by %s leaves both ends as they are and moves nearer', async (by) => {
    const apart = await barrier();
    const aligned = await barrier('--align', by);
    expect(apart.aligned).toBeUndefined();
    expect(aligned.aligned).toBe(by);
    const ends = ({ values }: typeof apart) => [values.train.loss[0], values.train.loss.at(-1)];
    expectClose(ends(aligned), ends(apart), 1e-5);
    if (by === 'weights') expect(aligned.distance).toBeLessThan(apart.distance);
  });

  it('takes plain networks', async () => {
    const data = [
      '--data',
      'modularArithmetic',
      '--data.modulus',
      '7',
      '--model',
      'mlp',
      '--data.splitSeed',
      '1',
    ];
    for (const seed of ['1', '2']) await train(`net${seed}`, ...data, '--seed', seed);
    for (const activation of ['relu', 'maxMin']) {
      for (const seed of ['1', '2'])
        await train(`${activation}${seed}`, ...data, '--seed', seed, '--model.activation', activation);
      const args = [
        '--alphas',
        '2',
        '--batches',
        '1',
        '--out',
        at('net'),
        '--overwrite',
        '--json',
        '--backend',
        'cpu',
      ];
      const pair = [at(`${activation}1`), at(`${activation}2`)];
      const apart = JSON.parse(await run('interpolate', ...pair, ...args));
      for (const by of ['weights', 'activations']) {
        const aligned = JSON.parse(await run('interpolate', ...pair, ...args, '--align', by));
        expectClose(aligned.values.train.loss, apart.values.train.loss, 1e-5);
        if (by === 'weights') expect(aligned.distance).toBeLessThan(apart.distance);
      }
    }
  });
});
