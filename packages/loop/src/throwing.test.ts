import { describeOnBackends, recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { batchAt, descent, endless, linearModel, squaredError } from '../test/problems.js';
import {
  type Callback,
  type CheckpointStore,
  DivergenceError,
  type Loss,
  type TrainOptions,
  train,
} from './index.js';

afterEach(() => vi.restoreAllMocks());

const oops = (): never => {
  throw new Error('oops');
};

/** Throws at the `n`-th call, after it has made tensors; before that does what `otherwise` does. */
function throwsAt<A extends unknown[], R>(n: number, otherwise: (...args: A) => R) {
  let calls = 0;
  return (...args: A): R => {
    calls += 1;
    if (calls < n) return otherwise(...args);
    tf.square(tf.mul(tf.ones([3]), 2));
    return oops();
  };
}

/** An optimizer that makes tensors and then throws, at its third step. */
function brokenOptimizer() {
  const optimizer = descent(0.1);
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = throwsAt(3, apply);
  return optimizer;
}

const events = ['onStart', 'onStep', 'onMetrics', 'onEvaluate', 'onCheckpoint', 'onEnd'] as const;
const evaluate = { data: endless(), batches: 2, every: 3 };
const store = (fails: 'save' | 'load'): CheckpointStore => ({
  save: async () => (fails === 'save' ? oops() : undefined),
  load: async () => (fails === 'load' ? oops() : undefined),
});
const nothing: CheckpointStore = { save: async () => {}, load: async () => undefined };

/** Every way to throw: what is other than in a run that does not. */
const ways: Record<string, () => Partial<TrainOptions>> = {
  ...Object.fromEntries(
    events.map((event) => [
      `a callback's ${event}`,
      () => ({ callbacks: [{ [event]: async () => oops() }] }),
    ]),
  ),
  "a callback's onRollback": () => ({
    callbacks: [{ onRollback: oops }],
    guard: 'rollback',
    data: [batchAt(0), { inputs: tf.fill([1, 3], Number.NaN), targets: tf.ones([1, 1]) }],
  }),
  "a callback's measure, after another's": () => ({
    callbacks: [{ measure: () => ({ a: tf.scalar(1) }) }, { measure: oops }],
  }),
  "a callback's state": () => ({ callbacks: [{ name: 'a', state: oops }] }),
  'the model': () => {
    const model = linearModel('broken');
    return { model: { ...model, forward: throwsAt(4, model.forward) } };
  },
  'the loss': () => ({ loss: throwsAt(4, squaredError) as Loss }),
  'a loss that is no tensor': () => ({ loss: (() => 'a') as never }),
  'a loss that depends on no weight': () => ({ loss: () => tf.scalar(1) }),
  'the loss in a later batch of a step': () => ({
    loss: throwsAt(6, squaredError) as Loss,
    gradientAccumulation: 4,
  }),
  'a loss that counts': () => ({
    loss: throwsAt(6, (t: tf.Tensor, y: tf.Tensor) => ({
      sum: tf.sum(tf.squaredDifference(t, y)),
      count: tf.sum(tf.onesLike(t)),
    })) as Loss,
    gradientAccumulation: 4,
  }),
  'a step of the user': () => ({
    model: undefined,
    loss: undefined,
    step: throwsAt(3, () => tf.scalar(1)),
    optimizer: undefined,
    evaluate: undefined,
  }),
  'the optimizer': () => ({ optimizer: brokenOptimizer() }),
  'the data': () => ({ data: { batch: throwsAt(4, () => batchAt(1)) } }),
  'a generator': () => ({
    data: (function* () {
      yield batchAt(1);
      oops();
    })(),
  }),
  'a batch without inputs': () => ({ data: { batch: () => ({ x: tf.ones([2]), y: [tf.ones([3])] }) } }),
  'a batch of which a part is disposed': () => ({
    data: {
      batch: () => {
        const gone = tf.ones([1]);
        gone.dispose();
        return { inputs: tf.ones([2, 3]), targets: gone };
      },
    },
  }),
  'the batch of another shape': () => ({
    data: { batch: () => ({ inputs: tf.ones([2, 5]), targets: tf.ones([2, 1]) }) },
  }),
  'the data of an evaluation': () => ({
    evaluate: { data: { batch: throwsAt(2, () => batchAt(1)) }, batches: 3, every: 2 },
  }),
  'an evaluation of the user': () => ({ evaluate: { run: oops, every: 2 } }),
  'a metric': () => ({
    evaluate: {
      ...evaluate,
      metrics: { good: squaredError as Loss, bad: throwsAt(2, squaredError) as Loss },
    },
  }),
  'a metric that is no tensor': () => ({ evaluate: { ...evaluate, metrics: { bad: (() => [1]) as never } } }),
  'saving a checkpoint': () => ({ checkpoint: { store: store('save'), every: 2 } }),
  'loading a checkpoint': () => ({ checkpoint: { store: store('load') }, resume: true }),
  'a metric that is not there': () => ({ checkpoint: { store: nothing, best: 'val_loss' } }),
  'a loss that leaves the rails': () => ({ data: { batch: throwsNaN() } }),
  'a loss that leaves the rails too often': () => ({
    data: { batch: throwsNaN() },
    guard: { action: 'rollback', maxRollbacks: 1 },
  }),
};

function throwsNaN() {
  let n = 0;
  return () => (n++ < 4 ? batchAt(n) : { inputs: tf.fill([4, 3], Number.NaN), targets: tf.ones([4, 1]) });
}

describeOnBackends('a run that throws', () => {
  it.each(Object.entries(ways))('leaves no tensor behind: %s', async (_way, options) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const model = linearModel();
    const optimizer = descent(0.1);
    const given = options();
    const ended: unknown[] = [];
    const callbacks = [
      ...(given.callbacks ?? []),
      { onEnd: ({ error }: { error?: unknown }) => ended.push(error) },
    ];
    const before = tf.memory().numTensors;
    const error = await train({
      model,
      loss: squaredError,
      optimizer,
      data: endless(),
      steps: 6,
      logEvery: 2,
      evaluate,
      checkpoint: { store: nothing, every: 3 },
      ...given,
      callbacks,
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(Error);
    expect(ended).toHaveLength(1);
    if (!_way.includes('onEnd')) expect(ended[0]).toBe(error);
    expect(tf.memory().numTensors).toBe(before);
    recordFault(
      'a callback, optimizer, loss, batch, metric or store that throws',
      'that error comes out, and no tensor is left behind',
    );
    tf.dispose(Array.isArray(given.data) ? given.data : []);
  });

  it('shows the first error, whatever is thrown while it ends', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const ended: string[] = [];
    const callbacks: Callback[] = [
      { onStep: oops },
      {
        name: 'first',
        onEnd: () => {
          ended.push('first');
          throw new Error('later');
        },
      },
      { onEnd: () => ended.push('second') },
    ];
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(0.1), data: endless() };
    await expect(train({ ...options, steps: 3, callbacks })).rejects.toThrow('oops');
    expect(ended).toEqual(['first', 'second']);
    expect(warn.mock.calls).toEqual([['train: first failed at step 1, and is only warned of once: later']]);
    await expect(train({ ...options, steps: 0, callbacks })).rejects.toThrow('later');
  });

  it.each(events.slice(1))('does not end for what only watches: %s', async (event) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    let calls = 0;
    const watching: Callback = {
      name: 'watching',
      onlyWatches: true,
      measure: () => oops(),
      [event]: async () => {
        calls += 1;
        return oops();
      },
    };
    const other: Callback = { measure: () => ({ other: 3 }) };
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(0.1), data: endless() };
    const checkpoint = { store: nothing, every: 2 };
    const { step, metrics } = await train({
      ...options,
      evaluate,
      checkpoint,
      steps: 6,
      callbacks: [watching, other],
    });
    expect(step).toBe(6);
    expect(metrics.other).toBe(3);
    expect(calls).toBeGreaterThan(0);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /^train: watching failed at step \d, and is only warned of once: oops$/,
    );
  });

  it('ends at the start also for what only watches', async () => {
    const callbacks: Callback[] = [{ onlyWatches: true, onStart: oops }];
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(0.1), data: endless() };
    await expect(train({ ...options, steps: 3, callbacks })).rejects.toThrow('oops');
  });

  it.each([1, 2, 7])(
    'leaves the weights that gave the last good loss, read every %i steps',
    async (logEvery) => {
      const model = linearModel();
      const seen: number[][] = [];
      const callbacks: Callback[] = [{ measure: () => ({ n: seen.push(model.values()) }) }];
      const data = { batch: throwsNaN() };
      const options = {
        model,
        loss: squaredError,
        optimizer: descent(0.1),
        data,
        steps: 14,
        logEvery,
        callbacks,
      };
      await expect(train(options)).rejects.toBeInstanceOf(DivergenceError);
      expect(model.values()).toEqual(seen.at(-1));
      expect(model.values().every(Number.isFinite)).toBe(true);
    },
  );
});
