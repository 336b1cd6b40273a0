import { add, mul, type Tensor3D } from '@tensorflow/tfjs-core';
import { gram, symmetricProduct, timesShortSide } from './gram.js';

/** The coefficients of a σ + b σ³ + c σ⁵. */
export type Quintic = readonly [a: number, b: number, c: number];

/**
 * Applies an odd polynomial to the singular values of each matrix and leaves the singular vectors alone.
 *
 *     p(U Σ Vᵀ) = U p(Σ) Vᵀ,     p(σ) = a σ + b σ³ + c σ⁵
 *
 * Computed as a X + (b A + c A²) X with the Gram matrix A on the shorter side. Inside a tidy only.
 */
export function applyQuintic(x: Tensor3D, [a, b, c]: Quintic): Tensor3D {
  const A = gram(x);
  const side = add<Tensor3D>(mul(A, b), mul(symmetricProduct(A, A), c));
  return add(mul(x, a), timesShortSide(x, side));
}

/** The same polynomials, one after the other, on a number. */
export const quinticsAt = (sigma: number, quintics: readonly Quintic[]): number =>
  quintics.reduce((s, [a, b, c]) => s * (a + b * s ** 2 + c * s ** 4), sigma);
