import { spectralNormBound } from '@evenkeel/lipschitz';
import { describeOnBackends, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/n1_spectral_certificates.json' with { type: 'json' };
import { largestSingularValue } from '../test/largest-singular-value.js';
import { normals, seeded } from '../test/random.js';

interface Expected {
  spectral_norm: number;
  gram_bounds: GoldenTensor;
}
const cases = goldenCases<{ A: GoldenTensor }, object, Expected>(fixture);

/** Float32 matrices of every awkward kind, from the seed. */
function awkwardMatrix(seed: number) {
  const random = seeded(seed);
  const upTo = (n: number) => 1 + Math.floor(random() * n);
  const [rows, columns] =
    seed % 7 === 0 ? [1, upTo(20)] : seed % 7 === 1 ? [upTo(20), 1] : [upTo(12), upTo(12)];
  const full = Math.min(rows, columns);
  const rank = seed % 3 === 0 ? upTo(full) : full;
  const spread = [0, 1, 8, 30][seed % 4];
  const scale = [1, 1e-30, 1e30, 1e-38, 3e36, 1e-44][Math.floor(random() * 6)];
  const [left, right] = [normals(random, rows * rank), normals(random, rank * columns)];
  const data = new Float32Array(rows * columns);
  const largest = (seed % 11 === 0 ? 1 : 3) * full;
  for (let r = 0; r < rank; r++) {
    const gain = 10 ** (-spread * random());
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        data[i * columns + j] += ((left[i * rank + r] * right[r * columns + j] * gain) / largest) * scale;
      }
    }
  }
  // Signed permutations, where all singular values are equal.
  if (seed % 13 === 0) data.set(data.map((_, i) => (i % (columns + 1) === 0 ? -scale : 0)));
  return { shape: [rows, columns] as const, data };
}

describeOnBackends('spectralNormBound', () => {
  it.each(cases)('has the published value after each iteration: $name', ({ inputs: { A }, expected }) => {
    const matrix = tf.tensor(A.data, A.shape, 'float32');
    expected.gram_bounds.data.forEach((bound, i) => {
      const found = spectralNormBound(matrix, { iterations: i + 1 }) as number;
      expect(Math.abs(found - bound)).toBeLessThanOrEqual(1e-12 * bound);
    });
  });

  it.each(cases)('is within 1 % above the norm by default: $name', ({ inputs: { A }, expected }) => {
    const found = spectralNormBound(tf.tensor(A.data, A.shape, 'float32')) as number;
    expect(found).toBeGreaterThanOrEqual(expected.spectral_norm);
    expect(found).toBeLessThanOrEqual(1.01 * expected.spectral_norm);
  });

  it('bounds each matrix of a batch, and each head of a matrix', () => {
    const batch = tf.randomNormal([3, 4, 5], 0, 1, 'float32', 1);
    const heads = tf.reshape(batch, [12, 5]);
    const alone = tf.unstack(batch).map((matrix) => spectralNormBound(matrix));
    expect(spectralNormBound(batch)).toEqual(alone);
    expect(spectralNormBound(heads, { heads: 3 })).toEqual(alone);
    expect(spectralNormBound(heads, { heads: 1 })).toEqual([spectralNormBound(heads)]);
  });

  it('is 0 for zeros and for nothing', () => {
    expect(spectralNormBound(tf.zeros([3, 2]))).toBe(0);
    expect(spectralNormBound(tf.zeros([0, 2]))).toBe(0);
  });
});

describe('spectralNormBound', () => {
  it('is never below the largest singular value, and within 1 %, on 12 000 awkward matrices', () => {
    const misses: string[] = [];
    for (let seed = 1; seed <= 12_000; seed++) {
      const matrix = awkwardMatrix(seed);
      const truth = largestSingularValue(matrix.data, matrix.shape[0], matrix.shape[1]);
      for (const iterations of [undefined, 1 + (seed % 15)]) {
        const found = spectralNormBound(matrix, { iterations }) as number;
        const isBound = found >= truth;
        const isClose = iterations !== undefined || found <= truth * 1.01;
        if (!isBound || !isClose)
          misses.push(`${seed} [${matrix.shape}] ${iterations}: ${found} against ${truth}`);
      }
    }
    expect(misses).toEqual([]);
  });

  it('takes numbers at both ends of float64', () => {
    for (const size of [1e-300, 1e300]) {
      const found = spectralNormBound(
        { shape: [2, 2], data: [3 * size, 0, 0, 4 * size] },
        { iterations: 10 },
      );
      expect(found).toBeGreaterThanOrEqual(4 * size);
      expect(found).toBeLessThanOrEqual(4.001 * size);
    }
  });

  it('rejects values that are not finite, wherever they are', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      expect(() => spectralNormBound({ shape: [2, 2], data: [1, 2, 3, bad] })).toThrow(
        `spectralNormBound: the matrix has the value ${bad} at index 3, expected finite values.`,
      );
    }
  });

  it('rejects shapes, heads and iterations that make no sense', () => {
    const values = { shape: [2, 2], data: [1, 2, 3, 4] };
    expect(() => spectralNormBound({ shape: [4], data: [1, 2, 3, 4] })).toThrow('a weight of shape [4]');
    expect(() => spectralNormBound({ shape: [2, 3], data: [1] })).toThrow('shape [2,3] and 1 values');
    expect(() => spectralNormBound(values, { heads: 3 })).toThrow('2 rows and 3 heads');
    expect(() => spectralNormBound({ shape: [1, 2, 2], data: values.data }, { heads: 1 })).toThrow(
      'with 1 heads',
    );
    expect(() => spectralNormBound(values, { iterations: 0 })).toThrow('iterations is 0');
  });
});
