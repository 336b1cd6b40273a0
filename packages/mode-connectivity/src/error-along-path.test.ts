import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { errorAlongPath, type Path } from './index.js';

const ALPHAS = [0, 0.25, 0.5, 0.75, 1];

describeOnBackends('errorAlongPath', () => {
  const scene = () => {
    const w = tf.variable(tf.tensor1d([5]), true);
    const measure = (target: number) => tf.mean(tf.square(tf.sub(w, target))) as tf.Scalar;
    const [a, b] = [{ w: tf.tensor1d([1]) }, { w: tf.tensor1d([-1]) }];
    /** With anything a caller without types could pass. */
    const run = (change: object = {}): Promise<Path> =>
      errorAlongPath(a, b, { variables: { w }, measure, data: { train: [0] }, alphas: ALPHAS, ...change });
    return { w, a, b, measure, run };
  };

  it("takes the model's own variables as either end, and both", async () => {
    const { w, a, b, measure } = scene();
    const live = { w };
    const options = { variables: live, measure, data: { train: [0] }, alphas: ALPHAS };
    const { numTensors } = tf.memory();
    const fromA = await errorAlongPath(live, b, options);
    expectClose(fromA.values.train.loss, [1, 0.25, 4, 12.25, 25], 1e-5);
    expectClose(fromA.distance, 6, 1e-6);
    const fromB = await errorAlongPath(a, live, options);
    expectClose(fromB.values.train.loss, [25, 16, 9, 4, 1], 1e-5);
    const both = await errorAlongPath(live, live, options);
    expectClose(both.values.train.loss, [25, 25, 25, 25, 25], 1e-5);
    expectClose(w, [5], 0);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("puts B's integers into the model at α = 0", async () => {
    const n = tf.variable(tf.scalar(7, 'int32'), true, 'n', 'int32');
    const path = await errorAlongPath(
      { n: tf.scalar(1, 'int32') },
      { n: tf.scalar(2, 'int32') },
      { variables: { n }, measure: () => n.dataSync()[0], data: { train: [0] }, alphas: 3 },
    );
    expect(path.values.train.loss).toEqual([2, 1, 1]);
    expectClose(n, [7], 0);
  });

  it('keeps splits and measures with any name', async () => {
    const { run, measure } = scene();
    const named = (target: number) => ({ constructor: measure(target), ['__proto__']: 2 });
    const path = await run({ measure: named, data: { constructor: [0], valueOf: [1] } });
    expect(Object.keys(path.values)).toEqual(['constructor', 'valueOf']);
    const [[, measures]] = Object.entries(path.values);
    expect(Object.keys(measures)).toEqual(['constructor', '__proto__']);
    expectClose(Object.values(measures)[0], [1, 0.25, 0, 0.25, 1], 1e-6);
  });

  it.each<[string, object, string]>([
    ['no data', { data: undefined }, 'data is undefined, expected an object of splits'],
    [
      'data without the name of a split',
      { data: () => [0] },
      'data is a function, expected an object of splits',
    ],
    ['a list for data', { data: [0] }, 'data is a list, expected an object of splits'],
    ['no split', { data: {} }, 'data is empty, expected an object of splits'],
    ['no batches', { data: { train: [] } }, "the split 'train' has no batches"],
    [
      'a split of a number',
      { data: { train: 5 } },
      "the split 'train' is 5, expected a list of batches or a function",
    ],
    [
      'a function that gives nothing',
      { data: { train: () => {} } },
      "the split 'train' gave undefined, expected",
    ],
    ['a function that gives a number', { data: { train: () => 5 } }, "the split 'train' gave 5, expected"],
    [
      'a function that gives a string',
      { data: { train: async () => 'ab' } },
      "the split 'train' gave 'ab', expected",
    ],
    ['no variables', { variables: undefined }, 'variables is undefined, expected tf.Variables'],
    ['no measure', { measure: undefined }, 'measure is undefined, expected a function'],
    ['a weigh that is none', { weigh: 3 }, 'weigh is 3, expected a function'],
    ['an onProgress that is none', { onProgress: {} }, 'onProgress is an object, expected a function'],
    ['alphas of null', { alphas: null }, 'alphas is null, expected a whole number ≥ 2 or a list'],
    ['alphas of a string', { alphas: '10' }, "alphas is '10', expected a whole number ≥ 2 or a list"],
    ['alphas with null', { alphas: [0.2, null] }, 'alphas has null, expected numbers in [0, 1]'],
    ['maxBatches of null', { maxBatches: null }, 'maxBatches is null, expected a whole number ≥ 1'],
  ])('refuses %s', async (_name, change, message) => {
    const { w, run } = scene();
    await expect(run(change)).rejects.toThrow(`errorAlongPath: ${message}`);
    expectClose(w, [5], 0);
  });

  it('refuses missing options and disposed ends', async () => {
    const { a, b, run } = scene();
    await expect(errorAlongPath(a, b, undefined as never)).rejects.toThrow(
      'errorAlongPath: options is undefined, expected an object',
    );
    await expect(errorAlongPath(undefined as never, b, undefined as never)).rejects.toThrow(
      'errorAlongPath: ',
    );
    a.w.dispose();
    await expect(run()).rejects.toThrow("errorAlongPath: 'w' is disposed, expected a live tensor");
  });

  it('refuses a function that gives the same iterator twice', async () => {
    const { run } = scene();
    // Array iterators cannot be closed, so that each point would go on where the one before stopped.
    const again = (async function* () {
      yield 0;
    })();
    const batches = Array.from({ length: 100 }, (_, i) => i).values();
    await expect(run({ data: { train: () => batches }, maxBatches: 2 })).rejects.toThrow(
      "errorAlongPath: the split 'train' gave an iterator that it gave before, expected a new one each time",
    );
    await expect(run({ data: { train: () => again }, maxBatches: 2 })).rejects.toThrow(
      'gave an iterator that it gave',
    );
    const list = [0, 1];
    expect((await run({ data: { train: () => list } })).values.train.loss.length).toBe(ALPHAS.length);
  });

  it.each<[string, (call: number) => number[], object, string]>([
    ['a number of batches', (call) => [1, 1, 1].slice(0, 3 - call), {}, 'gave 2 batches of weight 2'],
    ['weights', (call) => [1 + call, 1], { weigh: (x: number) => x }, 'gave 2 batches of weight 3'],
  ])('refuses %s that differ between points', async (_name, batchesOf, change, message) => {
    const { w, run } = scene();
    let call = 0;
    await expect(run({ data: { train: () => batchesOf(call++) }, ...change })).rejects.toThrow(
      `errorAlongPath: the split 'train' ${message} at α = 0.25`,
    );
    expectClose(w, [5], 0);
  });

  it('accepts the same batches in another order', async () => {
    const { run } = scene();
    let reversed = false;
    const shuffled = () => {
      reversed = !reversed;
      return reversed ? [0.1, 0.2, 0.3] : [0.3, 0.2, 0.1];
    };
    const path = await run({ data: { train: shuffled }, weigh: (x: number) => x });
    expect(path.values.train.loss.length).toBe(ALPHAS.length);
  });

  it('says so when a batch is disposed', async () => {
    const { w, run } = scene();
    const x = { inputs: [tf.ones([1])] };
    // The same tensors again: they were disposed of after the first point.
    const measure = () => tf.sum(tf.mul(w, x.inputs[0]));
    function* again() {
      yield x;
    }
    await expect(run({ data: { train: again }, measure })).rejects.toThrow(
      "errorAlongPath: batch 0 of the split 'train' is disposed, expected live tensors. What a function's iterator gives",
    );
    await expect(run({ data: { train: [x] }, measure })).rejects.toThrow(
      "batch 0 of the split 'train' is disposed",
    );
  });
});
