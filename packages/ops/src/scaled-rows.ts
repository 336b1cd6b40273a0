import { abs, max, maximum, mul, type Tensor } from '@tensorflow/tfjs-core';
import { rangeScale } from './range-scale.js';

/** Below this ε, rows whose squares vanish in float32 are not small beside it. */
const TINY = 1e-30;

/** The smallest float32 with all its digits. */
const SMALLEST = 2 ** -126;

/**
 * Rows times a power of two each, so that the mean of their squares neither overflows nor vanishes beside ε.
 *
 * @returns `scaled` = `scale` · x, with `scale` of shape `[..., 1]`, 1 for all usual rows, and ε for the scaled squares.
 */
export function scaledRows(
  x: Tensor,
  epsilon: number,
): { scaled: Tensor; scale: Tensor; scaledEpsilon: Tensor } {
  const scale = rangeScale(max(abs(x), -1, true), epsilon < TINY);
  const product = mul<Tensor>(mul(scale, epsilon), scale);
  // An ε that is not 0 stays so: a constant row has no variance beside it.
  const scaledEpsilon = epsilon > 0 ? maximum(product, SMALLEST) : product;
  return { scaled: mul(x, scale), scale, scaledEpsilon };
}
