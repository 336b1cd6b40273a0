import { euclideanNorm } from '@evenkeel/ops';
import { abs, max, mul, type Scalar, scalar, stack, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** Which norm: 2 the Euclidean, 1 the sum of absolute values, Infinity the largest. tfjs's `ord`. */
export type NormOrder = 1 | 2 | number;

/**
 * The norm of several tensors taken as one long vector, right for entries of any size that float32 holds.
 *
 * @param tensors Any shapes, float32.
 * @param unit Gives the norm in this unit, a power of two: norms that float32 cannot hold fit in a larger one. Default 1.
 * @returns A scalar tensor, 0 if there are no tensors or no entries.
 * @throws If `ord` is not one of 1, 2 and Infinity.
 */
export function globalNorm(tensors: readonly Tensor[], ord: NormOrder, unit = 1): Scalar {
  checkOrder('globalNorm', ord);
  const norm = NORMS[ord];
  return tidy(() => {
    const parts = tensors.filter(({ size }) => size > 0).map((tensor) => norm(tensor, unit));
    if (parts.length === 0) return scalar(0);
    return parts.length === 1 ? parts[0] : norm(stack(parts), 1);
  });
}

/** @throws If `ord` is not one of 1, 2 and Infinity. */
export function checkOrder(where: string, ord: NormOrder): void {
  if (ord in NORMS) return;
  throw new Error(`${where}: ord is ${String(ord)}, expected 1, 2 or Infinity. The usual norm is 2.`);
}

/** The norm of one tensor in a unit. That of several tensors is the norm of their norms. */
const NORMS: Record<number, (x: Tensor, unit: number) => Scalar> = {
  1: (x, unit) => sum(mul(abs(x), 1 / unit)),
  2: euclideanNorm,
  [Infinity]: (x, unit) => mul(max(abs(x)), 1 / unit),
};
