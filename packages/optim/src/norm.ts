import { sumOfSquares } from '@evenkeel/ops';
import { abs, add, max, maximum, type Scalar, sqrt, sum, type Tensor } from '@tensorflow/tfjs-core';

/** Which norm: 2 the Euclidean, 1 the sum of absolute values, Infinity the largest. tfjs's `ord`. */
export type NormOrder = 1 | 2 | number;

/** The norm of several tensors taken as one long vector: a scalar tensor. */
export function globalNorm(tensors: readonly Tensor[], ord: NormOrder): Scalar {
  const parts = tensors.map((tensor) => NORMS[ord].part(tensor));
  return NORMS[ord].whole(parts.reduce((a, b) => NORMS[ord].join(a, b)));
}

/** @throws If `ord` is not one of 1, 2 and Infinity. */
export function checkOrder(where: string, ord: NormOrder): void {
  if (ord in NORMS) return;
  throw new Error(`${where}: ord is ${String(ord)}, expected 1, 2 or Infinity. The usual norm is 2.`);
}

interface Norm {
  part(tensor: Tensor): Scalar;
  join(a: Scalar, b: Scalar): Scalar;
  whole(joined: Scalar): Scalar;
}

const NORMS: Record<number, Norm> = {
  1: { part: (x) => sum(abs(x)), join: add, whole: (x) => x },
  2: { part: sumOfSquares, join: add, whole: sqrt },
  [Infinity]: { part: (x) => max(abs(x)), join: maximum, whole: (x) => x },
};
