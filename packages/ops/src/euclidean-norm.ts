import {
  abs,
  div,
  max,
  mul,
  type Scalar,
  scalar,
  sqrt,
  square,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { rangeScale } from './range-scale.js';
import { requireFloat } from './require-float.js';
import { sumAll } from './sum-all.js';

/**
 * The length of a tensor as one long vector, also where its squares overflow or vanish in float32.
 *
 *     ‖x‖ = √(Σ x²)
 *
 * @param x Any shape, float32.
 * @param unit Gives the length in this unit, a power of two: lengths that float32 cannot hold fit in a larger one. Default 1.
 * @returns A scalar, without gradient. 0 for a tensor without entries.
 * @throws If the dtype is not float32.
 */
export function euclideanNorm(x: Tensor, unit = 1): Scalar {
  requireFloat('euclideanNorm', { x });
  if (x.size === 0) return scalar(0);
  return tidy(() =>
    kernelOr<Tensor>(KERNELS.euclideanNorm, { x }, { unit }, () => {
      const scale = rangeScale(max(abs(x)));
      return div(sqrt(sumAll(square(mul(x, scale)))), mul(scale, unit));
    }),
  ) as Scalar;
}
