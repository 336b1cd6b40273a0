import * as tf from '@tensorflow/tfjs';
import { expectClose, type Tolerance } from './expect-close.js';

/**
 * Expects the gradient of a scalar function to match central differences.
 *
 *     (f(x + h eᵢ) − f(x − h eᵢ)) / 2h
 *
 * @param f From one tensor to a scalar.
 * @param x Where to test, a handful of values.
 */
export function expectGradientMatchesDifferences(
  f: (x: tf.Tensor) => tf.Scalar,
  x: tf.Tensor,
  { h = 1e-2, tolerance = { rtol: 2e-3, atol: 2e-3 } as Tolerance } = {},
): void {
  const values = Array.from(x.dataSync());
  const at = (i: number, delta: number) =>
    tf.tidy(
      () =>
        f(
          tf.tensor(
            values.map((v, j) => (i === j ? v + delta : v)),
            x.shape,
          ),
        ).dataSync()[0],
    );
  const differences = values.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h));
  expectClose(tf.grad(f)(x), differences, tolerance);
}
