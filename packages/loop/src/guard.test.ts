import { AdamW } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { batchAt, descent, endless, linearModel, squaredError } from '../test/problems.js';
import { type Callback, DivergenceError, MemoryCheckpoints, train } from './index.js';

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
    ['far above the first', 1e3, 12, 10],
  ])('stops at a loss that is %s, and names step and parameter', async (_name, factor, index, logEvery) => {
    const model = linearModel();
    const options = { model, loss: squaredError, optimizer: descent(0.1), data: withBad(index, factor) };
    const error = await train({ ...options, steps: 100, logEvery }).catch((error) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.step).toBe(index + 1);
    expect(error.parameter).toMatch(/linear\/[wb]/);
    expect(error.message).toMatch(
      /^train: the loss at step \d+ is .* its norm is .* Lower the learning rate/,
    );
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
