import { matMul, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * The Gram matrix on the shorter side: X Xᵀ where X is wide, Xᵀ X where it is tall.
 *
 * @param x [batch, rows, columns].
 * @returns [batch, n, n], n = min(rows, columns).
 */
export const gram = (x: Tensor3D): Tensor3D =>
  isWide(x) ? matMul(x, x, false, true) : matMul(x, x, true, false);

/** X times a matrix on its shorter side, such as a polynomial of its {@link gram}. */
export const timesShortSide = (x: Tensor3D, side: Tensor): Tensor3D =>
  (isWide(x) ? matMul(side, x) : matMul(x, side)) as Tensor3D;

const isWide = (x: Tensor3D) => x.shape[1] <= x.shape[2];
