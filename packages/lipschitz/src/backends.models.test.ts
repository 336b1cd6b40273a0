import {
  type FloatFormat,
  lipschitzCertificate,
  roundToFormat,
  spectralNormBound,
} from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

// On webgl and webgpu too (npm run test:browser). Reads are asynchronous, since webgpu may read zeros otherwise.

describeOnBackends('@evenkeel/lipschitz', (backend) => {
  it.each([
    {
      format: 'e4m3',
      x: [0.3, -17.1, 464, 464.1, 1e30, 2 ** -10, 3 * 2 ** -10],
      y: [0.3125, -18, 448, Number.NaN, Number.NaN, 0, 2 ** -8],
    },
    {
      format: 'e5m2',
      x: [0.3, -17.1, 61439, 61440, -1e30, 2 ** -17, 3 * 2 ** -17],
      y: [0.3125, -16, 57344, Infinity, -Infinity, 0, 2 ** -15],
    },
    {
      format: 'bf16',
      x: [1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8) * 2 ** -100, (1 + 3 * 2 ** -8) * 2 ** 127],
      y: [1, 1 + 2 ** -6, -(2 ** -100), (1 + 2 ** -6) * 2 ** 127],
    },
  ] as const)('rounds to $format as everywhere', async ({ format, x, y }) => {
    const rounded = await roundToFormat(tf.tensor1d([...x]), format as FloatFormat).data();
    expect([...rounded]).toEqual(y);
    const saturated = await roundToFormat(tf.tensor1d([...x]), format as FloatFormat, {
      saturate: true,
    }).data();
    expect(saturated.every(Number.isFinite)).toBe(true);
  });

  it('certifies the weights and never zeros in their place', async () => {
    const weight = tf.tensor2d([
      [3, 0],
      [0, 4],
    ]);
    const values = { shape: weight.shape, data: await weight.data() };
    const certificate = lipschitzCertificate({ architecture: 'mlp', layers: [{ weight: values }] });
    expect(certificate.lipschitz).toBeGreaterThanOrEqual(4);
    expect(certificate.lipschitz).toBeLessThan(4.04);
    try {
      expect(spectralNormBound(weight)).toBeGreaterThanOrEqual(4);
    } catch (error) {
      expect(backend).toBe('webgpu');
      expect(String(error)).toContain('reads as zeros on webgpu');
    }
  });
});
