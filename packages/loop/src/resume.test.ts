import { AdamW } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { batchAt, descent, endless, generated, linearModel, squaredError } from '../test/problems.js';
import { type Callback, type Data, MemoryCheckpoints, train } from './index.js';

/** Trains to `steps`, from the store's checkpoint if there is one; returns losses by step and the weights. */
async function run(steps: number, store: MemoryCheckpoints, data: Data, accumulation = 1) {
  const model = linearModel();
  const optimizer = new AdamW({ learningRate: 0.05 });
  const seen: unknown[] = [];
  const remembering: Callback = {
    name: 'remembering',
    onStep: ({ step }) => seen.push(step),
    state: () => [...seen],
    restore: (state: unknown[]) => seen.push(...state),
  };
  const { history } = await train({
    model,
    loss: squaredError,
    optimizer,
    data,
    steps,
    gradientAccumulation: accumulation,
    logEvery: 1,
    callbacks: [remembering],
    checkpoint: { store, every: 4 },
    resume: true,
  });
  const values = model.values();
  optimizer.dispose();
  model.dispose();
  return { losses: history.map(({ loss }) => loss), values, seen };
}

const batches = (count: number, rows = 4) => Array.from({ length: count }, (_, i) => batchAt(i, rows));

describeOnBackends('resuming', () => {
  it.each([
    ['a source with a state', endless],
    ['a generator', generated],
  ])('goes on bit for bit: %s', async (_name, create) => {
    const [whole, parts] = [new MemoryCheckpoints(), new MemoryCheckpoints()];
    const expected = await run(12, whole, create(), 2);
    const first = await run(7, parts, create(), 2);
    const second = await run(12, parts, create(), 2);
    expect([...first.losses, ...second.losses]).toEqual(expected.losses);
    expect(second.values).toEqual(expected.values);
    expect(second.seen).toEqual(expected.seen);
    whole.dispose();
    parts.dispose();
  });

  it.each<[string, () => Data, () => Data, string]>([
    [
      'a shorter array',
      () => batches(5),
      () => batches(4),
      'data is an array of 4 batches, expected 5 as in',
    ],
    [
      'another order',
      () => batches(5),
      () => batches(5).reverse(),
      'data is an array of 5 batches that hold other values',
    ],
    [
      'batches of another size',
      () => batches(5),
      () => batches(5, 2),
      'data is an array of 5 batches that hold other values',
    ],
    [
      'a generator of other batches',
      () => generated(),
      () => batches(20, 3).values(),
      'data gave 3 rows as batch 6, expected 4',
    ],
    [
      'a generator for an array',
      () => batches(20),
      () => generated(),
      'data is no array, expected an array as in',
    ],
    ['an array for a source', () => endless(), () => batches(20), 'data has no state() and restore()'],
    ['a source for an array', () => batches(20), () => endless(), 'data has a state() and restore()'],
  ])('refuses data that are known to be others: %s', async (_name, before, after, message) => {
    const store = new MemoryCheckpoints();
    await run(6, store, before());
    const model = linearModel();
    const values = model.values();
    const resumed = { model, loss: squaredError, optimizer: new AdamW(), data: after(), steps: 9 };
    await expect(train({ ...resumed, checkpoint: { store }, resume: true })).rejects.toThrow(
      `train: ${message}`,
    );
    expect(model.values()).toEqual(values);
    store.dispose();
  });

  it('skips no batch and takes none twice where other numbers of them make a step', async () => {
    const store = new MemoryCheckpoints();
    const rows: number[] = [];
    const counting = function* () {
      for (let i = 0; ; i++) {
        rows.push(i);
        yield batchAt(i);
      }
    };
    await run(3, store, counting(), 2);
    expect(rows.splice(0)).toEqual([0, 1, 2, 3, 4, 5]);
    await run(5, store, counting(), 3);
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    store.dispose();
  });

  it('goes on with a tf.layers model that is built again, and again', async () => {
    const store = new MemoryCheckpoints();
    const trained = async (steps: number) => {
      const layers = [
        tf.layers.dense({ name: 'h', units: 2, inputShape: [3], kernelInitializer: 'ones' }),
        tf.layers.dense({ units: 1, kernelInitializer: 'ones' }),
      ];
      const model = tf.sequential({ layers });
      const optimizer = new AdamW({ learningRate: 0.05 });
      const options = { model, loss: tf.losses.meanSquaredError, optimizer, data: endless(), steps };
      await train({ ...options, checkpoint: { store }, resume: true });
      const values = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
      optimizer.dispose();
      model.dispose();
      return values;
    };
    for (const steps of [2, 4, 6, 8]) await trained(steps);
    const expected = await trained(8);
    store.dispose();
    expect(await trained(8)).toEqual(expected);
    store.dispose();
  });

  it('refuses a checkpoint of another model, and leaves this one as it was', async () => {
    const store = new MemoryCheckpoints();
    await run(3, store, endless());
    const other = { ...linearModel('other'), dispose: undefined };
    const before = other.values();
    const options = { loss: squaredError, optimizer: new AdamW(), data: endless(), steps: 9 };
    const resumed = { ...options, checkpoint: { store }, resume: true };
    await expect(train({ ...resumed, model: other })).rejects.toThrow(
      "train: the checkpoint has no 'other/w', expected one of shape [3,1]",
    );
    expect(other.values()).toEqual(before);
    await expect(train({ ...resumed, model: linearModel(), seed: 4 })).rejects.toThrow(
      'train: seed is 4, expected 0 as in the checkpoint',
    );
    store.dispose();
  });

  it('says so when there must be a checkpoint and is none', async () => {
    const store = new MemoryCheckpoints();
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(1), data: endless() };
    await expect(train({ ...options, steps: 1, checkpoint: { store }, resume: 'latest' })).rejects.toThrow(
      "train: there is no checkpoint 'latest', expected one to go on from",
    );
  });
});
