import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import muonReference from '../fixtures/e1_muon_newton_schulz.json' with { type: 'json' };
import lipschitzReference from '../fixtures/f1_orthogonalize.json' with { type: 'json' };
import { matrixWith, singularValues, toTensor } from '../test/tensors.js';
import { type CoefficientsName, orthogonalize } from './index.js';

describeOnBackends('orthogonalize', () => {
  const muonCases = goldenCases<{ G: GoldenTensor }, { steps: number }, { orthogonalized: GoldenTensor }>(
    muonReference,
  );
  it.each(muonCases)("matches Jordan's Newton–Schulz: $name", ({ inputs, hyper, expected, tolerance }) => {
    const result = orthogonalize(toTensor(inputs.G), { coefficients: 'kellerJordan', steps: hyper.steps });
    expectClose(result, expected.orthogonalized.data, tolerance('orthogonalized'));
  });

  const cases = goldenCases<
    { M: GoldenTensor },
    { function: string; batch_divisor?: number },
    { result: GoldenTensor }
  >(lipschitzReference);
  it.each(cases)('matches the Lipschitz reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    const coefficients: CoefficientsName = hyper.function.startsWith('nanogpt') ? 'fiveStep' : 'sixStep';
    const result = orthogonalize(toTensor(inputs.M), { coefficients });
    // The reference divides a batch by its length; ours treats each matrix alone.
    expectClose(tf.div(result, hyper.batch_divisor ?? 1), expected.result.data, tolerance('result'));
  });

  it.each([
    [64, 16],
    [16, 64],
    [40, 40],
  ])('brings singular values from 1 % of the norm to [0.99, 1] and never above: %i×%i', (rows, columns) => {
    const values = Array.from({ length: 16 }, (_, k) => 0.9 * 0.75 ** k);
    const result = singularValues(orthogonalize(matrixWith(values, rows, columns, 7))).slice(0, 16);
    expect(Math.max(...result)).toBeLessThanOrEqual(1);
    expect(Math.min(...result.slice(0, 14))).toBeGreaterThan(0.99);
  });

  it.each([1e-30, 1e-20, 1, 1e20, 1e37])('gives the same for a matrix scaled by %f', (scale) => {
    const matrix = tf.randomNormal([5, 8], 0, 1, 'float32', 3);
    const expected = orthogonalize(matrix, { epsilon: 0 });
    expectClose(orthogonalize(tf.mul(matrix, scale), { epsilon: 0 }), expected.dataSync(), 2e-5);
  });

  it('gives 0 for 0, and treats each matrix of a batch alone', () => {
    const matrix = tf.randomNormal([3, 4], 0, 1, 'float32', 3);
    const batch = orthogonalize(tf.stack([matrix, tf.zerosLike(matrix)]));
    expectClose(batch, [...orthogonalize(matrix).dataSync(), ...new Array(12).fill(0)], 1e-6);
  });

  it('says what it takes', () => {
    const matrix = tf.ones([2, 2]);
    expect(() => orthogonalize(tf.ones([2]))).toThrow('orthogonalize: the weight has shape [2]');
    expect(() => orthogonalize(matrix, { steps: 0 })).toThrow(
      'orthogonalize: steps is 0, expected a whole number ≥ 1',
    );
    expect(() => orthogonalize(matrix, { epsilon: -1 })).toThrow('orthogonalize: epsilon is -1');
    expect(() => orthogonalize(matrix, { coefficients: 'toString' as 'sixStep' })).toThrow(
      "orthogonalize: coefficients is 'toString', expected one of 'sixStep', 'fiveStep', 'kellerJordan'",
    );
  });
});
