import { gelu, silu } from '@evenkeel/ops';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import golden from '../fixtures/g6_modula_mlp_bonds.json' with { type: 'json' };
import {
  expectGradientsMatchDifferences,
  expectSameFunction,
  expectSecondDerivativeMatchesDifferences,
  random,
} from '../test/expect-same-function.js';

/** erf to float64's precision: its Taylor series, which converges everywhere. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const grid = Array.from({ length: 81 }, (_, i) => i / 10 - 4);
const exact = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const tanhForm = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const slope = (f: (x: number) => number) => (x: number) => (f(x + 1e-4) - f(x - 1e-4)) / 2e-4;
const huge = [1e30, -1e30, 50, -50];

describeOnBackends('gelu', () => {
  it.each([
    ['none', exact],
    ['tanh', tanhForm],
  ] as const)('is the float64 formula, value and slope: %s', (approximate, f) => {
    const x = tf.tensor1d(grid);
    const op = (x: tf.Tensor) => gelu(x, { approximate });
    expectClose(op(x), grid.map(f), 1e-6);
    expectClose(tf.grad(op)(x), grid.map(slope(f)), 2e-6);
    expectGradientsMatchDifferences(op, [random([2, 3], 1)]);
    expectSecondDerivativeMatchesDifferences(op, random([3], 2));
  });

  it('is exact unless asked otherwise', () => {
    expectClose(gelu(tf.scalar(2.5)), exact(2.5), 5e-7);
    expect(Math.abs(exact(2.5) - tanhForm(2.5))).toBeGreaterThan(1e-4);
  });

  it('is Modula’s, divided by 1.1289', () => {
    const { inputs, expected, tolerance } = goldenCases<
      { x: GoldenTensor },
      { bond?: string },
      { y: GoldenTensor }
    >(golden).find(({ hyper }) => hyper.bond === 'GeLU')!;
    const y = tf.div(gelu(tf.tensor(inputs.x.data, inputs.x.shape), { approximate: 'tanh' }), 1.1289);
    expectClose(y, expected.y.data, tolerance('y'));
  });

  it.each(['none', 'tanh'] as const)('is finite for huge inputs, and so is its slope: %s', (approximate) => {
    const op = (x: tf.Tensor) => gelu(x, { approximate });
    expectClose(op(tf.tensor1d(huge)), [Math.fround(1e30), 0, 50, 0], 0);
    expectClose(tf.grad(op)(tf.tensor1d(huge)), [1, 0, 1, 0], 0);
    expectClose(op(tf.tensor1d([Number.NaN])), [Number.NaN], 0);
    expectClose(tf.grad(op)(tf.tensor1d([Number.NaN])), [Number.NaN], 0);
  });

  it('refuses an unknown approximation and integers', () => {
    expect(() => gelu(tf.scalar(1), { approximate: 'erf' as never })).toThrow(
      "gelu: approximate is 'erf', expected 'none' or 'tanh'.",
    );
    expect(() => gelu(tf.scalar(1, 'int32'))).toThrow('gelu: x has dtype int32, expected float32.');
  });
});

describeOnBackends('silu', () => {
  const f = (x: number) => x / (1 + Math.exp(-x));

  it('is x σ(x), value and slope', () => {
    const x = tf.tensor1d(grid);
    expectClose(silu(x), grid.map(f), 1e-6);
    expectClose(tf.grad(silu)(x), grid.map(slope(f)), 1e-6);
    expectSameFunction(silu, (x) => tf.mul(x, tf.sigmoid(x)), [random([2, 1, 3], 1)]);
    expectGradientsMatchDifferences(silu, [random([2, 3], 1)]);
    expectSecondDerivativeMatchesDifferences(silu, random([3], 2));
  });

  it('is finite for huge inputs, and keeps NaN', () => {
    expectClose(silu(tf.tensor1d(huge)), [Math.fround(1e30), 0, 50, 0], 1e-18);
    expectClose(tf.grad(silu)(tf.tensor1d(huge)), [1, 0, 1, 0], 1e-18);
    expectClose(silu(tf.scalar(Number.NaN)), Number.NaN, 0);
  });

  it('refuses integers', () => {
    expect(() => silu(tf.scalar(1, 'int32'))).toThrow('silu: x has dtype int32, expected float32.');
  });
});
