import {
  customGrad,
  type GradSaveFunc,
  mul,
  type Scalar,
  square,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { sumAll } from './sum-all.js';

/**
 * The sum of the squares of all entries, accurate also for large tensors.
 *
 *     s = Σᵢ xᵢ²          ∂s/∂x = 2x
 *
 * Sums one axis after the other, since a single long float32 sum stops adding up.
 *
 * @param x Any shape; float32 or int32.
 * @returns A scalar. Differentiable.
 */
export function sumOfSquares(x: Tensor): Scalar {
  return squares(x) as Scalar;
}

const squares = customGrad((...inputs) => {
  const [x, save] = inputs as [Tensor, GradSaveFunc];
  save([x]);
  return {
    value: tidy(() => sumAll(square(x))),
    gradFunc: (dy, [x]) => mul(x, mul(dy, 2)),
  };
});
