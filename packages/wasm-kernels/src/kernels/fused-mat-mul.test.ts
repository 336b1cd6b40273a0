import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { matMul64, size, wholeNumbers } from '../../test/reference.js';

const activations: Record<string, (x: number, slope: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  leakyrelu: (x) => (x < 0 ? 0.25 * x : x),
  prelu: (x, slope) => (x < 0 ? slope * x : x),
};

describeKernels('_FusedMatMul', () => {
  it.each(Object.keys(activations))('adds a bias and applies %s', (activation) => {
    fc.assert(
      fc.property(
        fc.tuple(size, size, size),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        ([m, n, k], withBias, oneSlope, seed) => {
          tf.tidy(() => {
            const [a, b] = [wholeNumbers([m, k], seed), wholeNumbers([k, n], seed + 1)];
            const bias = withBias ? wholeNumbers([n], seed + 2) : undefined;
            const preluActivationWeights =
              activation === 'prelu' ? wholeNumbers([oneSlope ? 1 : n], seed + 3) : undefined;
            const y = tf.fused.matMul({
              a: a as tf.Tensor2D,
              b: b as tf.Tensor2D,
              bias,
              activation: activation as tf.fused.Activation,
              preluActivationWeights,
              leakyreluAlpha: 0.25,
            });
            const [biases, slopes] = [bias?.dataSync(), preluActivationWeights?.dataSync()];
            const expected = matMul64(a, b, false, false).map((x, i) =>
              activations[activation](x + (biases?.[i % n] ?? 0), slopes?.[oneSlope ? 0 : i % n] ?? 0),
            );
            expectClose(y, expected, { rtol: 1e-6, atol: 1e-6 });
          });
        },
      ),
    );
  });

  it.each(Object.keys(activations))('lets NaN and infinities through %s', (activation) => {
    const a = tf.tensor2d([[Number.NaN], [Infinity], [-Infinity]]);
    const preluActivationWeights = activation === 'prelu' ? tf.tensor1d([0.25]) : undefined;
    const y = tf.fused.matMul({
      a,
      b: tf.tensor2d([[1]]),
      activation: activation as tf.fused.Activation,
      preluActivationWeights,
      leakyreluAlpha: 0.25,
    });
    const expected = Array.from(a.dataSync(), (x) => activations[activation](x, 0.25));
    expectClose(y, expected, 0);
  });

  it('takes transposed factors and batches', () => {
    const [a, b] = [wholeNumbers([3, 5, 4], 1), wholeNumbers([3, 6, 5], 2)];
    const y = tf.fused.matMul({ a, b, transposeA: true, transposeB: true, bias: tf.ones([6]) } as Parameters<
      typeof tf.fused.matMul
    >[0]);
    expect(y.shape).toEqual([3, 4, 6]);
    expectClose(
      y,
      matMul64(a, b, true, true).map((x) => x + 1),
      0,
    );
  });

  it('trains a dense layer, whose gradient it does not touch', () => {
    const [x, w] = [wholeNumbers([4, 3], 1), wholeNumbers([3, 2], 2)];
    const fused = tf.grads((x, w) =>
      tf.sum(tf.fused.matMul({ a: x as tf.Tensor2D, b: w as tf.Tensor2D, activation: 'relu' })),
    )([x, w]);
    const plain = tf.grads((x, w) => tf.sum(tf.relu(tf.matMul(x, w))))([x, w]);
    fused.forEach((gradient, i) => {
      expectClose(gradient, plain[i].dataSync(), 0);
    });
  });
});
