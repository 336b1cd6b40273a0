import { isMatrix, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { rmsNorm } from '../../test/tensors.js';
import { empiricalLipschitz, modulaMuon, orthogonalize, spectralCap, spectralSoftCap } from '../index.js';

// Kernels of convolutions are capped as the matrix that multiplies each patch: [height · width · in, out].

const asMatrix = (kernel: tf.Tensor) =>
  tf.transpose(tf.reshape(kernel, [-1, kernel.shape.at(-1)!])) as tf.Tensor2D;

describeOnBackends('the cap of a convolution', () => {
  it.each([
    [[3, 3, 2, 5], 1, 'same'],
    [[2, 3, 4, 4], 1, 'valid'],
    [[3, 3, 3, 4], 2, 'same'],
    [[1, 1, 4, 6], 1, 'same'],
  ] as const)(
    'is that of its matrix, and bounds the convolution: kernel %j, stride %i, %s',
    (shape, stride, pad) => {
      const kernel = tf.randomNormal<tf.Rank.R4>([...shape], 0, 2, 'float32', 3);
      const capped = spectralSoftCap({ layout: 'inOut', maxNorm: 0.8 })(kernel) as tf.Tensor4D;
      const matrix = asMatrix(capped);
      expect(capped.shape).toEqual(shape);
      expect(rmsNorm(matrix)).toBeLessThanOrEqual(0.8);
      expect(rmsNorm(matrix)).toBeGreaterThan(0.75);
      expectClose(matrix, spectralSoftCap({ maxNorm: 0.8 })(asMatrix(kernel)).dataSync(), 1e-6);

      // ‖conv‖ ≤ √(⌈h/s⌉ ⌈w/s⌉) σ₁, in lengths of whole images: so often each pixel is in a patch.
      const [height, width, channels, out] = shape;
      const sigma = rmsNorm(matrix) * Math.sqrt(out / (height * width * channels));
      const bound = Math.sqrt(Math.ceil(height / stride) * Math.ceil(width / stride)) * sigma;
      const length = (x: tf.Tensor) => tf.reshape(x, [x.shape[0], -1]);
      const forward = (x: tf.Tensor) =>
        length(tf.conv2d(tf.reshape(x, [-1, 7, 7, channels]) as tf.Tensor4D, capped, stride, pad));
      const images = length(tf.randomNormal([2, 7, 7, channels], 0, 1, 'float32', 4));
      const gain = empiricalLipschitz(forward, images, { steps: 20 });
      // From RMS to lengths.
      const found = gain * Math.sqrt(forward(images).shape[1]! / images.shape[1]!);
      expect(found).toBeLessThanOrEqual(bound * (1 + 1e-4));
      expect(found).toBeGreaterThan(bound / 4);
    },
  );

  it('holds after every step of Muon, for kernels of every rank that isMatrix picks, in both layouts', () => {
    for (const layout of ['inOut', 'outIn'] as const) {
      for (const shape of [
        [6, 4],
        [3, 6, 4],
        [3, 3, 2, 6],
        [2, 2, 2, 3, 4],
      ]) {
        const w = tf.variable(tf.zeros(shape), true, 'w');
        expect(isMatrix(w)).toBe(true);
        const optimizer = new TransformOptimizer(
          modulaMuon({ learningRate: 0.2, layout }),
          spectralSoftCap({ layout }),
        );
        for (let step = 0; step < 8; step++) {
          optimizer.applyGradients([
            { name: 'w', tensor: tf.randomNormal(shape, 1, 1, 'float32', step + 1) },
          ]);
          const matrices =
            shape.length === 3
              ? tf.unstack(layout === 'inOut' ? tf.transpose(w, [0, 2, 1]) : w)
              : [layout === 'inOut' ? asMatrix(w) : tf.reshape(w, [shape[0], -1])];
          for (const matrix of matrices) expect(rmsNorm(matrix)).toBeLessThanOrEqual(1);
        }
        optimizer.dispose();
        w.dispose();
      }
    }
  });

  it('gives each kernel back in its own shape', () => {
    const kernel = tf.randomNormal([2, 3, 4, 5], 0, 1e-3, 'float32', 3);
    expectClose(spectralCap({ layout: 'inOut' })(kernel), kernel.dataSync(), 2e-5);
    expect(orthogonalize(kernel).shape).toEqual([2, 3, 4, 5]);
  });
});
