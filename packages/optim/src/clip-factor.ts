import { add, div, minimum, type Scalar, scalar, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { globalNorm, type NormOrder } from './norm.js';

/** PyTorch's guard against a norm of zero; it also leaves a clipped norm 10⁻⁶ short of the limit. */
const GUARD = 1e-6;

/** Norms are taken in this unit: that of entries near the largest float32 is larger than any float32. */
const UNIT = 2 ** 20;

/**
 * The factor that brings the common norm of tensors down to `maxNorm`.
 *
 *     min(1, maxNorm / (‖(g₁, g₂, …)‖ + 10⁻⁶))
 *
 * @returns A scalar tensor.
 * @throws If `ord` is not one of 1, 2 and Infinity.
 */
export function clipFactor(tensors: readonly Tensor[], maxNorm: number, ord: NormOrder = 2): Scalar {
  if (maxNorm === Infinity) return scalar(1);
  return tidy(() =>
    minimum<Scalar>(div(maxNorm / UNIT, add(globalNorm(tensors, ord, UNIT), GUARD / UNIT)), 1),
  );
}
