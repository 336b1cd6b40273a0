import { layerNorm, rmsNorm } from '@evenkeel/ops';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import golden from '../fixtures/g6_modula_mlp_bonds.json' with { type: 'json' };
import {
  expectGradientsMatchDifferences,
  expectSameFunction,
  expectSecondDerivativeMatchesDifferences,
  random,
} from '../test/expect-same-function.js';

const bonds = goldenCases<{ x: GoldenTensor }, { bond?: string }, { y: GoldenTensor }>(golden);
const bond = (name: string) => bonds.find(({ hyper }) => hyper.bond === name)!;

const sizes = fc.tuple(
  fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  fc.integer({ min: 1, max: 9 }),
  fc.nat(),
);
const mean = (x: number[]) => x.reduce((sum, v) => sum + v, 0) / x.length;

describeOnBackends('layerNorm', () => {
  const reference =
    (epsilon: number) =>
    (x: tf.Tensor, gain?: tf.Tensor, bias?: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(x, -1, true);
      const unit: tf.Tensor = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
      const scaled: tf.Tensor = gain ? tf.mul(unit, gain) : unit;
      return bias ? tf.add(scaled, bias) : scaled;
    };

  it('is what float64 says', () => {
    const row = [1, -2, 4, 0.5];
    const [gain, bias] = [
      [1, 2, 3, 4],
      [0, 1, 0, -1],
    ];
    const variance = mean(row.map((v) => (v - mean(row)) ** 2));
    const expected = row.map((v, i) => ((v - mean(row)) / Math.sqrt(variance + 1e-5)) * gain[i] + bias[i]);
    expectClose(layerNorm(tf.tensor1d(row), tf.tensor1d(gain), tf.tensor1d(bias)), expected, 1e-6);
  });

  it('is Modula’s without gain and bias', () => {
    const { inputs, expected, tolerance } = bond('LayerNorm');
    expectClose(layerNorm(tf.tensor(inputs.x.data, inputs.x.shape)), expected.y.data, tolerance('y'));
  });

  it('has mean 0 and variance 1, whatever the shift and scale of its input', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 40 }), fc.integer(), fc.integer(), (features, shift, seed) => {
        tf.tidy(() => {
          const x = tf.add(tf.mul(random([3, features], seed), 1 + (Math.abs(seed) % 7)), shift % 20);
          const { mean, variance } = tf.moments(layerNorm(x, undefined, undefined, { epsilon: 1e-12 }), -1);
          expectClose(mean, [0, 0, 0], 1e-4);
          expectClose(variance, [1, 1, 1], 1e-3);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('equals the plain formula, forward and backward, for any sizes', () => {
    fc.assert(
      fc.property(sizes, ([leading, features, seed]) => {
        tf.tidy(() => {
          const inputs = [random([...leading, features], seed), random([features], 2), random([features], 3)];
          for (const count of [1, 2, 3]) {
            expectSameFunction(
              (x, gain, bias) => layerNorm(x, gain, bias, { epsilon: 0.1 }),
              reference(0.1),
              inputs.slice(0, count),
            );
          }
          expectSameFunction(
            (x, bias) => layerNorm(x, undefined, bias, { epsilon: 0.1 }),
            (x, bias) => reference(0.1)(x, undefined, bias),
            [inputs[0], inputs[2]],
          );
        });
      }),
      { numRuns: 15 },
    );
  });

  it('has the gradients of central differences', () => {
    expectGradientsMatchDifferences(
      (x, gain, bias) => layerNorm(x, gain, bias),
      [random([2, 4], 4), random([4], 5), random([4], 6)],
    );
  });

  it('has a second derivative', () => {
    expectSecondDerivativeMatchesDifferences((x) => layerNorm(x), tf.tensor1d([0.5, -1, 2]));
  });

  it('normalises a single feature to 0 and keeps NaN', () => {
    expectClose(layerNorm(tf.tensor2d([[7]])), 0, 0);
    const y = layerNorm(tf.tensor2d([[1, Number.NaN], [1, 2]])); // biome-ignore format: rows
    expectClose(y, [Number.NaN, Number.NaN, -1, 1], 1e-4);
  });

  it('refuses what does not fit', () => {
    const x = tf.zeros([2, 3]);
    expect(() => layerNorm(x, tf.zeros([2]))).toThrow(
      'layerNorm: gain has shape [2] and x [2,3], expected [3].',
    );
    expect(() => layerNorm(x, undefined, tf.zeros([1, 3]))).toThrow('layerNorm: bias has shape [1,3]');
    expect(() => layerNorm(tf.scalar(1))).toThrow('layerNorm: x has shape [], expected [..., features].');
    expect(() => layerNorm(x, undefined, undefined, { epsilon: -1 })).toThrow(
      'layerNorm: epsilon is -1, expected a number ≥ 0.',
    );
    expect(() => layerNorm(tf.zeros([2], 'int32'))).toThrow(
      'layerNorm: x has dtype int32, expected float32.',
    );
  });
});

describeOnBackends('rmsNorm', () => {
  const reference =
    (epsilon: number) =>
    (x: tf.Tensor, gain?: tf.Tensor): tf.Tensor => {
      const unit: tf.Tensor = tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)));
      return gain ? tf.mul(unit, gain) : unit;
    };

  it('is what float64 says', () => {
    const [row, gain] = [
      [3, -4, 0.5],
      [1, 2, -1],
    ];
    const rms = Math.sqrt(mean(row.map((v) => v * v)) + 1e-6);
    expectClose(
      rmsNorm(tf.tensor1d(row), tf.tensor1d(gain)),
      row.map((v, i) => (v / rms) * gain[i]),
      1e-6,
    );
  });

  it('is Modula’s with epsilon 1e-5', () => {
    const { inputs, expected, tolerance } = bond('RMSNorm');
    const x = tf.tensor(inputs.x.data, inputs.x.shape);
    expectClose(rmsNorm(x, undefined, { epsilon: 1e-5 }), expected.y.data, tolerance('y'));
  });

  it('equals the plain formula, forward and backward, for any sizes', () => {
    fc.assert(
      fc.property(sizes, ([leading, features, seed]) => {
        tf.tidy(() => {
          const inputs = [random([...leading, features], seed), random([features], 2)];
          for (const count of [1, 2]) {
            expectSameFunction(
              (x, gain) => rmsNorm(x, gain, { epsilon: 0.1 }),
              reference(0.1),
              inputs.slice(0, count),
            );
          }
        });
      }),
      { numRuns: 20 },
    );
  });

  it('has root mean square 1 and does not change with the scale of its input', () => {
    const x = random([5, 16], 1);
    expectClose(tf.mean(tf.square(rmsNorm(x)), -1), [1, 1, 1, 1, 1], 1e-4);
    expectClose(rmsNorm(tf.mul(x, 64)), rmsNorm(x), 1e-4);
  });

  it('has the gradients of central differences', () => {
    expectGradientsMatchDifferences((x, gain) => rmsNorm(x, gain), [random([2, 4], 4), random([4], 5)]);
  });

  it('keeps zeros at 0 and NaN at NaN', () => {
    expectClose(rmsNorm(tf.tensor2d([[0, 0], [Number.NaN, 1]])), [0, 0, Number.NaN, Number.NaN], 0); // biome-ignore format: rows
    expectClose(tf.grad((x) => rmsNorm(x))(tf.zeros([2])), [1000, 1000], 0.01);
  });

  it('refuses what does not fit', () => {
    expect(() => rmsNorm(tf.zeros([2, 3]), tf.zeros([2]))).toThrow('rmsNorm: gain has shape [2] and x [2,3]');
    expect(() => rmsNorm(tf.zeros([3]), undefined, { epsilon: Number.NaN })).toThrow(
      'rmsNorm: epsilon is NaN',
    );
  });
});
