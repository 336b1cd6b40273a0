import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { random, runKernel } from '../../test/run-kernel.js';
import { SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad } from '../kernel-names.js';

describeKernels(SoftmaxCrossEntropy, () => {
  it('equals its definition in float64, forward and backward', () => {
    const sizes = fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 70 }), fc.constantFrom(1, 30));
    fc.assert(
      fc.property(sizes, fc.nat(), ([rows, classes, spread], seed) => {
        tf.tidy(() => {
          const logits = tf.mul(random([rows, classes], seed), spread);
          const dy = random([rows], seed + 1);
          const ids = Array.from({ length: rows }, (_, i) => (i === 2 ? -100 : (seed + i) % classes));
          const labels = tf.tensor1d(ids, 'int32');
          const [x, dl] = [logits.dataSync(), dy.dataSync()];
          const losses: number[] = [];
          const gradient: number[] = [];
          ids.forEach((id, i) => {
            const row = Array.from(x.slice(i * classes, (i + 1) * classes));
            const largest = Math.max(...row);
            const sum = row.reduce((s, v) => s + Math.exp(v - largest), 0);
            losses.push(id < 0 ? 0 : Math.log(sum) - row[id] + largest);
            for (const [j, v] of row.entries()) {
              gradient.push(id < 0 ? 0 : dl[i] * (Math.exp(v - largest) / sum - Number(j === id)));
            }
          });
          const attrs = { ignoreIndex: -100 };
          const [found] = runKernel(SoftmaxCrossEntropy, { logits, labels }, attrs);
          expectClose(found, losses, { rtol: 1e-5, atol: 1e-5 });
          const [dlogits] = runKernel(SoftmaxCrossEntropyGrad, { logits, labels, dy }, attrs);
          expectClose(dlogits, gradient, { rtol: 1e-5, atol: 1e-6 });
        });
      }),
    );
  });

  it('refuses labels that are no class, instead of reading past the row', () => {
    for (const label of [-1, 3, 2 ** 31 - 1]) {
      const inputs = { logits: tf.ones([1, 3]), labels: tf.tensor1d([label], 'int32') };
      expect(() => runKernel(SoftmaxCrossEntropy, inputs)).toThrow(`a label is ${label}, expected 0 to 2.`);
    }
  });
});
