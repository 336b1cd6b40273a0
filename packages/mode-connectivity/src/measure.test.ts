import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { errorAlongPath } from './index.js';

describeOnBackends('a measure', () => {
  const run = (measure: unknown, change: object = {}) => {
    const w = tf.variable(tf.tensor1d([1]));
    const ends = { w: tf.tensor1d([1]) };
    return errorAlongPath<number>(ends, ends, {
      variables: { w },
      measure: measure as () => number,
      data: { train: [1, 2] },
      alphas: 2,
      ...change,
    });
  };

  it.each<[string, unknown, string]>([
    [
      'a vector',
      () => tf.ones([2]),
      "measure gave a tensor [2] for 'loss', expected a number or a tensor with one",
    ],
    [
      'a vector by name',
      () => ({ a: 1, b: tf.ones([1, 3]) }),
      "measure gave a tensor [1,3] for 'b', expected",
    ],
    ['text', () => tf.tensor(['x']), "measure gave a tensor [1] for 'loss', expected"],
    ['a promise', async () => 1, 'measure gave a Promise, expected'],
    ['a rejected promise', () => Promise.reject(new Error('late')), 'measure gave a Promise, expected'],
    [
      'a promise by name',
      () => ({ loss: Promise.resolve(1) }),
      "measure gave a Promise for 'loss', expected",
    ],
    ['nothing', () => {}, 'measure gave undefined, expected'],
    ['no name', () => ({}), 'measure gave an object without entries, expected'],
    ['a list', () => [1, 2], 'measure gave a list, expected'],
    ['a string', () => 'low', "measure gave 'low', expected"],
    ['a string by name', () => ({ loss: '1' }), "measure gave '1' for 'loss', expected"],
  ])('that gives %s is refused', async (_name, measure, message) => {
    await expect(run(measure)).rejects.toThrow(`errorAlongPath: ${message}`);
  });

  it.each<[string, object]>([
    ['batches', { data: { train: [1, 2] } }],
    ['points', { data: { train: ((i) => () => [++i])(0) } }],
  ])('with other names between %s is refused', async (_name, change) => {
    const measure = (batch: number) => (batch === 1 ? { loss: 1, error: 1 } : { loss: 1 });
    await expect(run(measure, change)).rejects.toThrow(
      "errorAlongPath: measure gave loss for a batch of 'train' and loss, error for one before, expected the same names",
    );
  });

  it('may give one number in any shape, and NaN', async () => {
    const path = await run(() => ({
      a: tf.tensor2d([[3]]),
      b: tf.scalar(true, 'bool'),
      c: Number.NaN,
      d: tf.scalar(2, 'int32'),
    }));
    expect(path.values.train).toEqual({ a: [3, 3], b: [1, 1], c: [Number.NaN, Number.NaN], d: [2, 2] });
  });

  it('is not asked about batches without weight', async () => {
    const seen: number[] = [];
    const measure = (batch: number) => {
      seen.push(batch);
      return batch === 0 ? Number.NaN : batch;
    };
    const path = await run(measure, { data: { train: [0, 2, 4] }, weigh: (batch: number) => batch });
    expectClose(path.values.train.loss, [20 / 6, 20 / 6], 1e-6);
    expect(new Set(seen)).toEqual(new Set([2, 4]));
  });

  it('counts by weights that are tensors, read without waiting for the device', async () => {
    const path = await run((batch: number) => batch, {
      data: { train: [2, 4] },
      weigh: (batch: number) => tf.scalar(batch),
    });
    expectClose(path.values.train.loss, [20 / 6, 20 / 6], 1e-6);
  });

  it.each<[string, unknown, string]>([
    ['NaN', () => Number.NaN, 'weigh gave NaN, expected a finite number ≥ 0'],
    ['less than 0', () => -1, 'weigh gave -1, expected a finite number ≥ 0'],
    ['infinitely much', () => Infinity, 'weigh gave Infinity, expected a finite number ≥ 0'],
    ['a list of weights', () => tf.ones([2]), 'weigh gave a tensor [2], expected a finite number ≥ 0'],
    ['NaN in a tensor', () => tf.scalar(Number.NaN), 'weigh gave NaN, expected a finite number ≥ 0'],
    ['nothing in all', () => 0, "the batches of the split 'train' weigh 0 in all, expected more"],
  ])('of batches that weigh %s is refused', async (_name, weigh, message) => {
    await expect(run(() => 1, { weigh })).rejects.toThrow(`errorAlongPath: ${message}`);
  });
});
