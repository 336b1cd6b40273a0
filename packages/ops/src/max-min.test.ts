import { maxMin } from '@evenkeel/ops';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { expectGradientsMatchDifferences, random } from '../test/expect-same-function.js';

describeOnBackends('maxMin', () => {
  const input = () =>
    tf.tensor2d([
      [1, -4, 3, -5],
      [-2, 0.5, -3, 0.25],
    ]);

  it('puts the larger of each pair first', async () => {
    expectClose(await maxMin(input()).data(), [3, -4, 1, -5, -2, 0.5, -3, 0.25]);
  });

  it('sends the gradient to where the entry came from', async () => {
    const weights = tf.tensor2d([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    const gradient = tf.grad((x) => tf.sum(tf.mul(maxMin(x), weights)))(input());
    expectClose(await gradient.data(), [3, 2, 1, 4, 5, 6, 7, 8]);
  });

  it('keeps lengths, and never moves two inputs apart', async () => {
    const [a, b] = [1, 2].map((seed) => tf.randomNormal([64, 3, 10], 0, 2, 'float32', seed));
    const length = (tensor: tf.Tensor) => tf.norm(tensor, 'euclidean', -1);
    expectClose(await length(maxMin(a)).data(), await length(a).data());
    const [before, after] = [
      await length(tf.sub(a, b)).data(),
      await length(tf.sub(maxMin(a), maxMin(b))).data(),
    ];
    after.forEach((distance, i) => {
      expect(distance).toBeLessThanOrEqual(before[i] * (1 + 1e-5));
    });
  });

  it('is exact for any numbers, and lets NaN through', async () => {
    const y = await maxMin(tf.tensor1d([-1e38, 1e-38, Number.NaN, 3e38, 1, 0])).data();
    expect(Array.from(y.slice(0, 2))).toEqual([Math.fround(3e38), 1]);
    expect(Array.from(y.slice(3, 5))).toEqual([Math.fround(-1e38), Math.fround(1e-38)]);
    expect(y[2]).toBeNaN();
  });

  it('has the gradient of its definition, also within others', () => {
    expectGradientsMatchDifferences(maxMin, [random([2, 3, 4], 1)]);
    expectGradientsMatchDifferences((x) => maxMin(tf.square(maxMin(x))), [random([3, 6], 2)]);
  });

  it('takes an even number of floats', () => {
    expect(() => maxMin(tf.ones([2, 3]))).toThrow(
      'maxMin: x has shape [2,3], expected an even last dimension',
    );
    expect(() => maxMin(tf.ones([2, 4], 'int32'))).toThrow('maxMin: x has dtype int32');
  });
});
