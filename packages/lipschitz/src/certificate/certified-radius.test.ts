import { certifiedRadius, lipschitzCertificate } from '@evenkeel/lipschitz';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

describeOnBackends('certifiedRadius', () => {
  it('is the margin over √(2V) L, per prediction', () => {
    const logits = tf.tensor3d([
      [
        [1, 4, 2],
        [0, 0, 0],
      ],
    ]);
    const radius = certifiedRadius(logits, 10);
    expect(radius.shape).toEqual([1, 2]);
    expectClose(radius, [2 / (Math.sqrt(6) * 10), 0], { rtol: 2e-6, atol: 0 });
    expect(radius.dataSync()[0]).toBeLessThan(2 / (Math.sqrt(6) * 10));
    expectClose(certifiedRadius(tf.tensor1d([3, 1]), Infinity), [0]);
  });

  it('is reached exactly by the worst change of a linear model', () => {
    // Logits (x, −x)/√2 of one feature: L = 1/√2, and they change places at x = 0.
    const weight = tf.tensor2d([[Math.SQRT1_2], [-Math.SQRT1_2]]);
    const certificate = lipschitzCertificate({ architecture: 'mlp', layers: [{ weight }] });
    const radius = certifiedRadius(tf.matMul(tf.tensor2d([[0.3]]), weight, false, true), certificate);
    expect(radius.dataSync()[0]).toBeLessThanOrEqual(0.3);
    expect(radius.dataSync()[0]).toBeGreaterThan(0.297);
  });

  it('rejects bounds that are none and logits without a second class', () => {
    for (const bad of [0, -1, Number.NaN]) {
      expect(() => certifiedRadius(tf.ones([1, 2]), bad)).toThrow(`lipschitz is ${bad}`);
    }
    expect(() => certifiedRadius(tf.ones([3, 1]), 1)).toThrow('logits of shape [3,1]');
  });
});
