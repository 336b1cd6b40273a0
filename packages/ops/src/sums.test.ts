import { addAll, innerProduct, sumOfSquares } from '@evenkeel/ops';
import { describeOnBackends, expectClose, expectGradientMatchesDifferences } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

describeOnBackends('sumOfSquares', () => {
  it.each([[[4]], [[2, 2]], [[2, 1, 2]]])('adds up the squares of a tensor of shape %o', (shape) => {
    expectClose(sumOfSquares(tf.tensor([1, -2, 3, -4], shape)), 30, 0);
  });

  it('takes a scalar and an empty tensor', () => {
    expectClose(sumOfSquares(tf.scalar(-3)), 9, 0);
    expectClose(sumOfSquares(tf.zeros([0, 3])), 0, 0);
  });

  it('stays exact where one long float32 sum would lose the end', () => {
    // 2²⁴ + 2²⁰ ones: a running float32 sum stops at 2²⁴.
    expectClose(sumOfSquares(tf.ones([2 ** 12, 2 ** 12 + 2 ** 8])), 2 ** 24 + 2 ** 20, 0);
  });

  it('has the gradient 2x', () => {
    expectClose(tf.grad((x) => sumOfSquares(x))(tf.tensor1d([1, -2])), [2, -4], 0);
    expectGradientMatchesDifferences((x) => tf.square(sumOfSquares(x)), tf.tensor2d([[0.5, -1]]));
  });
});

describeOnBackends('addAll', () => {
  it.each([1, 2, 7, 8, 13, 14, 40])('adds up %i tensors and gives each the gradient', (count) => {
    const powers = Array.from({ length: count }, (_, i) => tf.tensor1d([1, 2 ** (i % 20)]));
    const total = powers.reduce((sum, _, i) => sum + 2 ** (i % 20), 0);
    expectClose(addAll(powers), [count, total], 0);
    const gradients = tf.grads((...inputs: tf.Tensor[]) => tf.mul(addAll(inputs), [3, 4]))(powers);
    for (const gradient of gradients) expectClose(gradient, [3, 4], 0);
  });
});

describeOnBackends('innerProduct', () => {
  it('multiplies entry by entry and adds up', () => {
    expectClose(
      innerProduct(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        tf.tensor2d([
          [4, 3],
          [2, 1],
        ]),
      ),
      20,
      0,
    );
  });

  it('has each factor as the gradient of the other', () => {
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, -4])];
    const [da, db] = tf.grads((a, b) => tf.mul(innerProduct(a, b), 2))([a, b]);
    expectClose(da, [6, -8], 0);
    expectClose(db, [2, 4], 0);
  });

  it('refuses different shapes', () => {
    expect(() => innerProduct(tf.zeros([2, 3]), tf.zeros([3, 2]))).toThrow(
      'innerProduct: the shapes are [2,3] and [3,2], expected two equal ones.',
    );
  });
});
