import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { random, runKernel } from '../../test/run-kernel.js';
import { LayerNorm, LayerNormGrad, RmsNorm, RmsNormGrad } from '../kernel-names.js';

const epsilon = 1e-5;
const tolerance = { rtol: 1e-4, atol: 1e-4 };

const layerNorm = (x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gain), bias);
};
const rmsNorm = (x: tf.Tensor, gain: tf.Tensor) =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), gain);

const shapes = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 2, max: 35 }),
);

describeKernels('norms', () => {
  it.each([
    [LayerNorm, LayerNormGrad, layerNorm, 2],
    [RmsNorm, RmsNormGrad, rmsNorm, 1],
  ] as const)('%s equals its definition, forward and backward', (name, gradName, definition, parameters) => {
    fc.assert(
      fc.property(shapes, fc.nat(), ([batch, rows, width], seed) => {
        tf.tidy(() => {
          const [x, dy] = [random([batch, rows, width], seed), random([batch, rows, width], seed + 1)];
          const [gain, bias] = [random([width], seed + 2), random([width], seed + 3)];
          const inputs = [x, gain, bias].slice(0, 1 + parameters);
          const f = definition as (...inputs: tf.Tensor[]) => tf.Tensor;
          const given = { x, gain, bias: parameters === 2 ? bias : undefined };
          const [y, means, scales] = runKernel(name, given, { epsilon });
          expectClose(y, f(...inputs).dataSync(), tolerance);
          const expected = tf.grads((...inputs: tf.Tensor[]) => tf.sum(tf.mul(f(...inputs), dy)))(inputs);
          const found = runKernel(gradName, { dy, x, gain, means, scales });
          expect(found.length).toBe(expected.length);
          found.forEach((gradient, i) => {
            expectClose(gradient, expected[i].dataSync(), { rtol: 1e-3, atol: 1e-3 });
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('lets NaN through in its row only', () => {
    const x = tf.tensor2d([
      [1, Number.NaN, 3],
      [1, 2, 3],
    ]);
    const [y] = runKernel(RmsNorm, { x, gain: tf.ones([3]) }, { epsilon });
    expect(Array.from(y.dataSync(), (v) => Number.isNaN(v))).toEqual([true, true, true, false, false, false]);
  });

  it('refuses a gain of another width', () => {
    expect(() => runKernel(LayerNorm, { x: tf.ones([2, 3]), gain: tf.ones([2]) }, { epsilon })).toThrow(
      "LayerNorm: input 'gain' is float32 [2], expected float32 [3].",
    );
  });
});
