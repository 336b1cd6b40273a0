import {
  customGrad,
  type GradSaveFunc,
  mul,
  type Scalar,
  type Tensor,
  tidy,
  util,
} from '@tensorflow/tfjs-core';
import { sumAll } from './sum-all.js';

/**
 * The inner product of two tensors taken as long vectors, accurate also for large ones.
 *
 *     ⟨a, b⟩ = Σᵢ aᵢ bᵢ          ∂/∂a = b          ∂/∂b = a
 *
 * @param a Any shape.
 * @param b The shape of `a`.
 * @returns A scalar. Differentiable.
 * @throws If the shapes differ.
 */
export function innerProduct(a: Tensor, b: Tensor): Scalar {
  util.assert(
    util.arraysEqual(a.shape, b.shape),
    () =>
      `innerProduct: the shapes are [${a.shape}] and [${b.shape}], expected two equal ones. Reshape one of them.`,
  );
  return product(a, b) as Scalar;
}

const product = customGrad((...inputs) => {
  const [a, b, save] = inputs as [Tensor, Tensor, GradSaveFunc];
  save([a, b]);
  return {
    value: tidy(() => sumAll(mul(a, b))),
    gradFunc: (dy, [a, b]) => [mul(b, dy), mul(a, dy)],
  };
});
