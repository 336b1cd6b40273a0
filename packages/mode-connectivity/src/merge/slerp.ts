import type { Tensor } from '@tensorflow/tfjs-core';
import type { Weights } from '../check-weights.js';
import { filled } from './filled.js';
import { tensorByTensor } from './tensor-by-tensor.js';

/** Beyond this cosine two tensors are as good as parallel, and a straight line joins them. */
const PARALLEL = 0.9995;

/**
 * A point on the arc between two models, tensor by tensor: lengths are kept where a straight line would cut the corner.
 *
 *     w(α) = sin(α ω) / sin ω · wA + sin((1 − α) ω) / sin ω · wB          ω the angle between wA and wB as vectors
 *
 * α = 1 is A, α = 0 is B, as for `interpolate`. Where |cos ω| > 0.9995 it is the straight line; a
 * tensor of zeros stands at a right angle to all.
 *
 * @param alpha In [0, 1].
 * @returns Kept tensors under the names of A, the caller's to dispose.
 * @throws If the two are not live tensors of the same shapes and dtypes, or α is not in [0, 1].
 * @see Shoemake, "Animating rotation with quaternion curves", 1985.
 */
export async function slerp(
  weightsA: Weights,
  weightsB: Weights,
  alpha: number,
): Promise<Record<string, Tensor>> {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new Error(`slerp: alpha is ${String(alpha)}, expected a number from 0 (B) to 1 (A).`);
  }
  return tensorByTensor('slerp', [weightsA, weightsB], ([a, b]) => {
    const [ofA, ofB] = sharesOf(a, b, alpha);
    return filled(a.length, (i) => ofA * a[i] + ofB * b[i]);
  });
}

function sharesOf(a: Float32Array, b: Float32Array, alpha: number): readonly [number, number] {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  const cosine = lengths === 0 ? 0 : dot(a, b) / lengths;
  if (alpha === 0 || alpha === 1 || Math.abs(cosine) > PARALLEL) return [alpha, 1 - alpha];
  const angle = Math.acos(cosine);
  return [Math.sin(alpha * angle) / Math.sin(angle), Math.sin((1 - alpha) * angle) / Math.sin(angle)];
}
