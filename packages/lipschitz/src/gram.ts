import { KERNELS, kernelOr } from '@evenkeel/ops';
import { matMul, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * The Gram matrix on the shorter side: X Xᵀ where X is wide, Xᵀ X where it is tall.
 *
 * @param x [batch, rows, columns].
 * @returns [batch, n, n], n = min(rows, columns).
 */
export const gram = (x: Tensor3D): Tensor3D => symmetricProduct(x, x, !isWide(x), isWide(x));

/** X times a matrix on its shorter side, such as a polynomial of its {@link gram}. */
export const timesShortSide = (x: Tensor3D, side: Tensor3D): Tensor3D =>
  isWide(x) ? matMul(side, x) : matMul(x, side);

/**
 * A product that is symmetric, which takes half the work where the backend has a kernel: of a matrix with its
 * transpose, or of two polynomials of one symmetric matrix.
 */
export const symmetricProduct = (
  a: Tensor3D,
  b: Tensor3D,
  transposeA = false,
  transposeB = false,
): Tensor3D =>
  kernelOr(KERNELS.symmetricProduct, { a, b }, { transposeA, transposeB }, () =>
    matMul(a, b, transposeA, transposeB),
  );

const isWide = (x: Tensor3D) => x.shape[1] <= x.shape[2];
