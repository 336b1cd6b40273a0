import { cast, mul, type Scalar, square, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { sumAll } from './sum-all.js';
import { withGradient } from './with-gradient.js';

/**
 * The sum of the squares of all entries, accurate also for large tensors.
 *
 *     s = Σᵢ xᵢ²          ∂s/∂x = 2x
 *
 * Sums one axis after the other, since a single long float32 sum stops adding up.
 *
 * @param x Any shape; float32, or what converts to it.
 * @returns A scalar, float32. Differentiable.
 */
export function sumOfSquares(x: Tensor): Scalar {
  return tidy(() => squares(x.dtype === 'float32' ? x : cast(x, 'float32')));
}

const squares = (x: Tensor): Scalar =>
  withGradient(
    [x],
    () => ({
      value: kernelOr<Tensor>(KERNELS.sumOfSquares, { x }, {}, () => sumAll(square(x))),
      save: [x],
    }),
    (dy, [x]) => [mul(x, mul(dy, 2))],
  ) as Scalar;
