import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdamW } from '@evenkeel/optim';
import { openSafetensors } from '@evenkeel/safetensors';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { batchAt, endless, linearModel, squaredError } from '../../test/problems.js';
import { type Snapshot, type TrainOptions, train } from '../index.js';
import { CheckpointDirectory } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-checkpoints-'));
afterAll(() => rmSync(root, { recursive: true }));
let directory: string;
let count = 0;
beforeEach(() => {
  directory = join(root, `run-${count++}`);
});

async function run(steps: number, options: Partial<TrainOptions> = {}) {
  const model = linearModel();
  const optimizer = new AdamW({ learningRate: 0.05 });
  try {
    const { history } = await train({
      model,
      loss: squaredError,
      optimizer,
      data: endless(),
      steps,
      logEvery: 1,
      checkpoint: { directory, every: 4 },
      resume: true,
      ...options,
    });
    return { losses: history.map(({ loss }) => loss), values: model.values() };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

const folders = () => readdirSync(directory).filter((name) => name.startsWith('step-'));

describeOnBackends('CheckpointDirectory', () => {
  it('lets a run go on bit for bit', async () => {
    const whole = await run(12, { checkpoint: undefined, resume: false });
    const first = await run(7);
    const second = await run(12);
    expect([...first.losses, ...second.losses]).toEqual(whole.losses);
    expect(second.values).toEqual(whole.values);
  });

  it('holds weights and optimizer by name, and where the run stands as JSON', async () => {
    await run(4, { run: 'first' });
    const weights = await openSafetensors(join(directory, 'step-00000004/weights.safetensors'));
    expect([...weights.tensors.keys()]).toEqual(['linear/w', 'linear/b']);
    await weights.close();
    const optimizer = await openSafetensors(join(directory, 'step-00000004/optimizer.safetensors'));
    expect([...optimizer.tensors.keys()]).toContain('linear/w|m');
    await optimizer.close();
    const state = JSON.parse(readFileSync(join(directory, 'step-00000004/state.json'), 'utf8'));
    expect(state).toMatchObject({
      step: 4,
      seed: 0,
      data: { drawn: 4, source: 4 },
      run: 'first',
      metrics: { loss: expect.any(Number) },
    });
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe('step-00000004\n');
  });

  it('keeps the newest and the best', async () => {
    const scores = [3, 1, 2, 5, 4, 1];
    const evaluate = { run: () => ({ score: scores.shift()! }), every: 4 };
    await run(24, { evaluate, checkpoint: { directory, every: 4, keep: 2, best: 'score' } });
    expect(folders().sort()).toEqual(['step-00000008', 'step-00000020', 'step-00000024']);
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe('step-00000008\n');
    const best = await new CheckpointDirectory({ directory }).load('best');
    expect(best!.state.step).toBe(8);
    tf.dispose([...best!.weights, ...best!.optimizer].map(({ tensor }) => tensor));
  });

  it.each([
    ['the least', 'score', [3, 1, Number.NaN, 4, 5, 6], 20],
    ['an accuracy, the most', 'validationAccuracy', [0.1, 0.9, Number.NaN, 0.4, 0.5, 0.6], 20],
    ['what the mode says', { metric: 'score', mode: 'max' as const }, [1, 2, 2, 3, 2, 1], 30],
    ['NaN at first', 'score', [Number.NaN, 3, 3, 2, 4, 5], 30],
  ])('keeps a best that is seen where no checkpoint is due: %s', async (_name, best, values, step) => {
    const metric = typeof best === 'string' ? best : best.metric;
    const evaluate = { run: () => ({ [metric]: values.shift()! }), every: 10 };
    await run(23, { evaluate, checkpoint: { directory, every: 15, best }, steps: 23 });
    await run(45, { evaluate, checkpoint: { directory, every: 15, best } });
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe(`step-000000${step}\n`);
    expect(folders()).toContain(`step-000000${step}`);
  });

  it('says that there is no metric by which one could be the best', async () => {
    const evaluate = { data: [batchAt(1)], every: 4 };
    const best = { directory, best: 'val_loss' };
    await expect(run(9, { evaluate, checkpoint: best })).rejects.toThrow(
      "checkpoint.best goes by 'val_loss', which no metric is called",
    );
    await expect(
      run(9, { checkpoint: { directory, best: { metric: 'a', mode: 'low' } as never } }),
    ).rejects.toThrow("train: checkpoint.best.mode is 'low'");
  });

  it('goes on from the checkpoint that was asked for', async () => {
    const { losses } = await run(12);
    const again = await run(12, { resume: 'step-00000008' });
    expect(again.losses).toEqual(losses.slice(8));
    await expect(run(12, { resume: 'step-00000007' })).rejects.toThrow(
      `train: there is no checkpoint 'step-00000007' in '${directory}'`,
    );
    await expect(run(12, { resume: '../secrets' })).rejects.toThrow("'../secrets' is no checkpoint's name");
  });

  it('lets a run that has a name go on from its own checkpoints alone', async () => {
    await run(4, { run: 'first' });
    await expect(run(8, { run: 'second' })).rejects.toThrow(
      'train: the checkpoint of step 4 is of another run, expected one of the run that goes on',
    );
    expect((await run(8, { run: 'first' })).losses).toHaveLength(4);
    const { losses } = await run(12); // a run without a name takes what is there
    expect(losses).toHaveLength(4);
    await expect(run(16, { run: 'first' })).rejects.toThrow('of step 12 is of no run that has a name');
  });

  it('replaces a checkpoint of the same step, and knows the old one while it does', async () => {
    await run(4);
    cpSync(join(directory, 'step-00000004'), join(directory, 'step-00000004.old'), { recursive: true });
    rmSync(join(directory, 'step-00000004'), { recursive: true });
    const { losses } = await run(5);
    expect(losses).toHaveLength(1);
    const { losses: all } = await run(4, { resume: false });
    expect(all).toHaveLength(4);
    expect(folders().sort()).toEqual(['step-00000004', 'step-00000005']);
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe('step-00000004\nstep-00000005\n');
    expect((await run(5)).losses).toEqual(losses); // from step 4, which was saved after step 5
  });

  it.each([
    ['weights that are cut short', 'weights.safetensors', (file: string) => truncateSync(file, 100)],
    ['an optimizer that is gone', 'optimizer.safetensors', (file: string) => rmSync(file)],
    ['a state that is no JSON', 'state.json', (file: string) => writeFileSync(file, '{"step": 8')],
    ['a state of another step', 'state.json', (file: string) => renumber(file)],
    ['a state without an order', 'state.json', (file: string) => writeFileSync(file, '{"format":2}')],
  ])('passes over a checkpoint with %s, with a warning', async (_name, file, damage) => {
    const { losses } = await run(8);
    damage(join(directory, 'step-00000008', file));
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect((await run(8)).losses).toEqual(losses.slice(4));
    expect(warn.mock.calls[0][0]).toContain(file);
    warn.mockRestore();
  });

  it('throws when the only one, or the one asked for, is damaged', async () => {
    await run(4);
    writeFileSync(join(directory, 'step-00000004/state.json'), '[]');
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    await expect(run(8)).rejects.toThrow("state.json' is no object, expected the state of a checkpoint");
    await expect(run(8, { resume: 'step-00000004' })).rejects.toThrow('is no object');
    vi.restoreAllMocks();
  });

  it('leaves no draft behind when saving fails', async () => {
    const store = new CheckpointDirectory({ directory });
    const broken = { name: 'w', tensor: { dtype: 'complex64', shape: [1] } };
    const snapshot = { weights: [broken], optimizer: [], state: { step: 1 } } as unknown as Snapshot;
    await expect(store.save(snapshot)).rejects.toThrow("'w' is complex64");
    expect(readdirSync(directory)).toEqual([]);
  });

  it('clears away what a killed process has left, and nothing of others', async () => {
    await run(4);
    for (const name of [
      'step-00000008.999999999-abc.tmp',
      `step-00000008.${process.ppid}-abc.tmp`,
      'notes',
    ]) {
      cpSync(join(directory, 'step-00000004'), join(directory, name), { recursive: true });
    }
    await run(8);
    expect(existsSync(join(directory, 'step-00000008.999999999-abc.tmp'))).toBe(false);
    expect(existsSync(join(directory, `step-00000008.${process.ppid}-abc.tmp`))).toBe(true);
    expect(existsSync(join(directory, 'notes'))).toBe(true);
  });

  it.each([
    [{ directory: '' }, 'checkpoint: directory is , expected a path'],
    [{ directory: 'x', keep: 0 }, 'checkpoint: keep is 0, expected a whole number ≥ 1'],
    [{ directory: 'x', kepp: 1 }, "checkpoint: option 'kepp' is unknown"],
  ])('refuses %o', (options, message) => {
    expect(() => new CheckpointDirectory(options as never)).toThrow(message);
  });
});

function renumber(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace('"step": 8', '"step": 9'));
}
