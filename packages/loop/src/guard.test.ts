import { AdamW } from '@evenkeel/optim';
import { describeOnBackends, recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { batchAt, descent, endless, linearModel, squaredError } from '../test/problems.js';
import { type Callback, DivergenceError, MemoryCheckpoints, type TrainOptions, train } from './index.js';

afterEach(() => vi.restoreAllMocks());

/** The batches of `endless`, the one at `index` multiplied by `factor`. */
function withBad(index: number, factor: number) {
  let n = 0;
  return {
    batch() {
      const { inputs, targets } = batchAt(n);
      if (n++ !== index) return { inputs, targets };
      const bad = tf.mul(targets, factor);
      targets.dispose();
      return { inputs, targets: bad };
    },
  };
}

describeOnBackends('the guard', () => {
  it.each([
    ['NaN', Number.NaN, 7, 1],
    ['Infinity', Infinity, 7, 10],
    ['far above where it began', 1e3, 25, 10],
  ])('stops at a loss that is %s, and names step and parameter', async (_name, factor, index, logEvery) => {
    const model = linearModel();
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: withBad(index, factor) };
    const error = await train({ ...options, steps: 60, logEvery }).catch((error) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.step).toBe(index + 1);
    expect(error.parameter).toMatch(/linear\/[wb]/);
    expect(error.message).toMatch(
      /^train: the loss at step \d+ is .* its norm is .* Lower the learning rate/,
    );
  });

  /** Batches of one row with the losses given, while w stays 1. */
  const rows = (losses: readonly number[]) =>
    losses.map((loss) => ({
      inputs: tf.tensor2d([[1]]),
      targets: tf.tensor2d([[1 + Math.sqrt(loss)]]),
    }));
  const judged = (losses: readonly number[], options: Partial<TrainOptions> = {}) => {
    const w = tf.variable(tf.tensor2d([[1]]), true, 'w');
    const model = { variables: [w], forward: (x: tf.Tensor2D) => tf.matMul(x, w as tf.Tensor2D) };
    const loss = tf.losses.meanSquaredError;
    return train({
      model: model as never,
      loss,
      optimizer: descent(0),
      data: rows(losses),
      steps: losses.length,
      ...options,
    }).finally(() => w.dispose());
  };
  const times = (count: number, losses: readonly number[]) =>
    Array.from({ length: count }, () => losses).flat();

  it.each([
    ['the first batch', [1e-4, ...times(30, [0.25, 0.09])]],
    ['most batches', times(12, [1e-4, 1e-6, 1e-5, 0.25, 1e-8])],
    ['the first batches', [...times(15, [1e-6]), ...times(30, [1])]],
    ['all batches', times(30, [0])],
  ])('lets training go on where it is easy: %s', async (_name, losses) => {
    expect((await judged(losses)).step).toBe(losses.length);
  });

  it.each([
    ['after an easy first batch', [1e-4, ...times(12, [0.25, 0.09]), 26], 26],
    ['bit by bit', Array.from({ length: 60 }, (_, i) => 1.5 ** Math.max(0, i - 25)), 38],
  ])('still sees a loss explode: %s', async (_name, losses, step) => {
    await expect(judged(losses)).rejects.toMatchObject({ name: 'DivergenceError', step });
  });

  it('knows the beginning also when it goes on from a checkpoint', async () => {
    const store = new MemoryCheckpoints();
    const losses = [...times(22, [1]), 1e3, 1];
    await judged(losses, { steps: 12, checkpoint: { store } });
    await expect(judged(losses, { checkpoint: { store }, resume: true })).rejects.toMatchObject({ step: 23 });
    store.dispose();
  });

  it('leaves the weights as they were before a bad step that was due', async () => {
    const model = linearModel();
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: withBad(3, Number.NaN) };
    await expect(train({ ...options, steps: 9, logEvery: 1 })).rejects.toThrow('the loss at step 4 is NaN');
    expect(model.values().every(Number.isFinite)).toBe(true);
  });

  it('never saves weights that are not finite', async () => {
    const model = linearModel();
    const store = new MemoryCheckpoints();
    const spoil: Callback = {
      onStep: ({ step }) => {
        if (step === 5) tf.tidy(() => (model.variables[1] as tf.Variable).assign(tf.tensor([Number.NaN])));
      },
    };
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: endless() };
    const run = train({ ...options, steps: 5, callbacks: [spoil], checkpoint: { store } });
    await expect(run).rejects.toThrow("Look at parameter 'linear/b': its norm is NaN");
    expect(await store.load()).toBeUndefined();
    recordFault(
      'weights that are not finite as they are to be saved',
      'they are not saved; the error names the parameter',
    );
  });

  it.each([
    ['AdamW', () => new AdamW({ learningRate: 0.1 }), 0.05],
    ['tf.train.sgd', () => tf.train.sgd(0.1), 0.05],
  ])('rolls back with half the learning rate: %s', async (_name, create, halved) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const model = linearModel();
    const steps: number[] = [];
    const callbacks: Callback[] = [
      { onStep: ({ step }) => steps.push(step), onRollback: ({ step }) => steps.push(-step) },
    ];
    const store = new MemoryCheckpoints();
    const optimizer = create();
    const data = withBad(7, Number.NaN);
    const options = { model, loss: squaredError, optimizer, callbacks, guard: 'rollback' as const };
    const { metrics } = await train({
      ...options,
      data,
      steps: 12,
      logEvery: 2,
      checkpoint: { store, every: 5 },
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, -5, 6, 7, 8, 9, 10, 11, 12]);
    expect(metrics.learningRate).toBeCloseTo(halved, 6);
    expect(model.values().every(Number.isFinite)).toBe(true);
    expect(warn.mock.calls[0][0]).toContain('the loss at step 8 is NaN; back to step 5');
    store.dispose();
    optimizer.dispose();
  });

  it('rolls back to the beginning where nothing was saved, and gives up in the end', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const model = linearModel();
    const before = model.values();
    const always = { batch: () => ({ inputs: tf.fill([2, 3], Number.NaN), targets: tf.zeros([2, 1]) }) };
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: always, steps: 9 };
    await expect(train({ ...options, guard: { action: 'rollback', maxRollbacks: 2 } })).rejects.toThrow(
      'It went back 2 times',
    );
    expect(model.values()).toEqual(before);
  });

  it('can be switched off', async () => {
    const model = linearModel();
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: withBad(3, Number.NaN) };
    const { metrics } = await train({ ...options, steps: 9, guard: false });
    expect(metrics.loss).toBeNaN();
  });
});
