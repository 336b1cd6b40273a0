import { add, div, minimum, type Scalar, scalar } from '@tensorflow/tfjs-core';

/** PyTorch's guard against a norm of zero; it also leaves a clipped norm 10⁻⁶ short of the limit. */
const GUARD = 1e-6;

/** min(1, maxNorm / (norm + 10⁻⁶)), the factor that brings `norm` down to `maxNorm`. */
export function clipFactor(norm: Scalar, maxNorm: number): Scalar {
  if (maxNorm === Infinity) return scalar(1);
  return minimum<Scalar>(div(maxNorm, add(norm, GUARD)), 1);
}
