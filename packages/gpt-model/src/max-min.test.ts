import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { maxMin } from './max-min.js';

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
});
