import { expectClose, expectGradientMatchesDifferences, type Tolerance } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Seeded normal values. */
export const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Weights a tensor's entries with seeded numbers and adds them up, so that no gradient is symmetric. */
const toScalar = (y: tf.Tensor) => tf.sum(tf.mul(y, random(y.shape, 99))) as tf.Scalar;

/** Expects an op and an independent one to agree in value and in the gradient of every input. */
export function expectSameFunction(
  ours: Op,
  reference: Op,
  inputs: tf.Tensor[],
  tolerance: Tolerance = { rtol: 1e-4, atol: 1e-5 },
): void {
  tf.tidy(() => {
    const [value, expected] = [ours(...inputs), reference(...inputs)];
    expect(value.shape).toEqual(expected.shape);
    expectClose(value, expected, tolerance);
    const [got, want] = [ours, reference].map((f) => tf.grads((...xs) => toScalar(f(...xs)))(inputs));
    got.forEach((grad, i) => {
      expect(grad.shape).toEqual(inputs[i].shape);
      expectClose(grad, want[i], tolerance);
    });
  });
}

/** Expects the gradient of every input to match central differences. */
export function expectGradientsMatchDifferences(op: Op, inputs: tf.Tensor[]): void {
  inputs.forEach((input, i) => {
    expectGradientMatchesDifferences((x) => toScalar(op(...inputs.with(i, x))), input);
  });
}

/**
 * Expects the gradient of the squared gradient to match central differences. tfjs's own second
 * derivatives are no reference: those of ops that save their output, as softmax does, are wrong.
 */
export function expectSecondDerivativeMatchesDifferences(
  op: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
): void {
  const slope = tf.grad((x) => toScalar(tf.square(op(x))));
  expectGradientMatchesDifferences((x) => tf.sum(tf.square(slope(x))), x, {
    tolerance: { rtol: 1e-2, atol: 1e-2 },
  });
}
