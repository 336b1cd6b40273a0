import {
  abs,
  div,
  greaterEqual,
  max,
  maximum,
  mul,
  type Tensor,
  type Tensor3D,
  where,
} from '@tensorflow/tfjs-core';

/** Matrices whose largest entry is 1, and what to multiply them with to have them back. */
export interface UnitMatrices {
  readonly unit: Tensor3D;
  /** [batch, 1, 1] */
  readonly peak: Tensor3D;
}

/**
 * Divides each matrix by its largest entry, so that float32 neither overflows nor underflows on squares and products of
 * entries from 1e-38 to 3e38. A matrix of zeros stays zero. Inside a tidy only.
 *
 * @param matrices [batch, rows, columns], not empty.
 */
export function unitMatrices(matrices: Tensor3D): UnitMatrices {
  const peak = maximum<Tensor3D>(max(abs(matrices), [1, 2], true), SMALLEST_NORMAL);
  return { unit: div(matrices, peak), peak };
}

/**
 * Scales matrices whose norm is above `limit` down to it; the others keep every bit, so that a run that is resumed goes on
 * as if it had not been interrupted. Inside a tidy only.
 *
 * @param unitNorm The norm of each of `unit`, [batch, 1, 1].
 */
export function scaledDown(
  matrices: Tensor3D,
  { unit, peak }: UnitMatrices,
  unitNorm: Tensor3D,
  limit: number,
): Tensor3D {
  // unit · (limit / unitNorm), and no product or quotient of peak that could overflow.
  const size = div<Tensor>(limit, maximum(unitNorm, SMALLEST_NORMAL));
  return where(greaterEqual(div(size, peak), 1), matrices, mul<Tensor3D>(unit, size));
}

export const SMALLEST_NORMAL = 2 ** -126;
