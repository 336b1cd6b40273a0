import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';

/** erf in float64, by its series: exact enough for |x| < 4, beyond which float32 rounds it to ±1. */
function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) >= 4) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const functions: [name: string, f: (x: tf.Tensor) => tf.Tensor, exact: (x: number) => number][] = [
  ['exp', tf.exp, Math.exp],
  ['expm1', tf.expm1, Math.expm1],
  ['log', tf.log, Math.log],
  ['log1p', tf.log1p, Math.log1p],
  ['tanh', tf.tanh, Math.tanh],
  ['erf', tf.erf, erf],
  ['softplus', tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
  ['rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x)],
  ['pow 3', (x) => tf.pow(x, 3), (x) => x ** 3],
  ['pow 0', (x) => tf.pow(x, 0), () => 1],
  ['pow -1.5', (x) => tf.pow(x, -1.5), (x) => x ** -1.5],
];

/** Numbers of every size that float32 has, with the special ones. */
const special = [
  0, -0, 1, -1, 1e-40, -1e-40, 88.7, 88.73, -87.4, -103.9, -104.1, 3e38, -3e38, 0.35, -0.35, 17, -17,
];
const number = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: -20, max: 20, noNaN: true }),
  fc.constantFrom(...special, Number.NaN, Infinity, -Infinity),
);

describeKernels('unary kernels', () => {
  it.each(functions)('%s equals float64 within a few units in the last place', (_, f, exact) => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 21 }), (numbers) => {
        tf.tidy(() => {
          const x = tf.tensor1d(Float32Array.from(numbers));
          const expected = Float32Array.from(x.dataSync(), (v) => exact(v));
          expectClose(f(x), expected, { rtol: 1e-6, atol: 1e-38 });
        });
      }),
      { numRuns: 300, examples: [[[...special, Number.NaN, Infinity, -Infinity]]] },
    );
  });

  it('leaves other dtypes to tfjs', () => {
    expectClose(tf.exp(tf.tensor1d([0, 1], 'int32')), [1, Math.E], 1e-6);
    expect(tf.pow(tf.tensor1d([2, 3], 'int32'), tf.scalar(2, 'int32')).dtype).toBe('int32');
  });
});
