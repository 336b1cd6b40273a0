import { linear } from '@evenkeel/ops';
import { describeOnBackends, expectClose, expectGradientMatchesDifferences } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

describeOnBackends('linear', () => {
  it('computes no gradient of a weight that is not trainable, and the same of everything else', () => {
    const [x, b] = [tf.variable(random([2, 3, 4], 1)), tf.variable(random([5], 2))];
    const W = tf.variable(random([5, 4], 3));
    const f = () => tf.sum(tf.square(linear(x, W, b))) as tf.Scalar;
    const all = tf.variableGrads(f);
    W.trainable = false;
    const frozen = tf.variableGrads(f);
    expect(Object.keys(frozen.grads).sort()).toEqual([x.name, b.name].sort());
    for (const name of [x.name, b.name]) expectClose(frozen.grads[name], all.grads[name].dataSync(), 1e-5);
    const alone = tf.variableGrads(() => tf.sum(tf.square(linear(x, W))) as tf.Scalar);
    expect(Object.keys(alone.grads)).toEqual([x.name]);
    tf.dispose([x, b, W]);
  });

  it('is x Wᵀ + b', () => {
    const y = linear(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
      tf.tensor1d([10, 20, 30]),
    );
    expect(y.shape).toEqual([2, 3]);
    expectClose(y, [11, 22, 33, 13, 24, 37], 0);
  });

  it('equals a transposed matMul, forward and backward, for any sizes and leading axes', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 2 }),
        size,
        size,
        fc.nat(),
        (leading, inputs, outputs, seed) => {
          tf.tidy(() => {
            const [x, w, b] = [
              random([...leading, inputs], seed),
              random([outputs, inputs], seed + 1),
              random([outputs], seed + 2),
            ];
            const reference = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
              tf.add(tf.matMul(tf.reshape(x, [-1, inputs]) as tf.Tensor2D, w as tf.Tensor2D, false, true), b);
            const weighted =
              (f: (...args: tf.Tensor[]) => tf.Tensor) =>
              (...args: tf.Tensor[]) => {
                const y = tf.reshape(f(...args), [-1, outputs]);
                return tf.sum(tf.mul(y, random(y.shape, seed + 3))) as tf.Scalar;
              };
            const ours = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
              linear(x, w as tf.Tensor2D, b as tf.Tensor1D);
            const [got, want] = [weighted(ours as never), weighted(reference as never)].map((f) =>
              tf.valueAndGrads(f)([x, w, b]),
            );
            expectClose(got.value, want.value.dataSync(), { rtol: 1e-4, atol: 1e-4 });
            got.grads.forEach((grad, i) => {
              expect(grad.shape).toEqual(want.grads[i].shape);
              expectClose(grad, want.grads[i].dataSync(), { rtol: 1e-4, atol: 1e-4 });
            });
            expect(linear(x, w as tf.Tensor2D).shape).toEqual([...leading, outputs]);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has the gradient of central differences', () => {
    const w = random([3, 2], 1) as tf.Tensor2D;
    expectGradientMatchesDifferences((x) => tf.sum(tf.square(linear(x, w))), random([2, 2], 2));
  });

  it('refuses shapes that do not fit', () => {
    expect(() => linear(tf.zeros([4, 3]), tf.zeros([3, 2]))).toThrow(
      'linear: x has shape [4,3] and weight [3,2], expected [..., in] and [out, in].',
    );
    expect(() => linear(tf.scalar(1), tf.zeros([3, 2]))).toThrow('linear: x has shape []');
    expect(() => linear(tf.zeros([4, 2]), tf.zeros([3, 2]), tf.zeros([2]))).toThrow(
      'linear: bias has shape [2], expected [3].',
    );
  });
});
