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

/** The largest |p(σ)| over 0 ≤ σ ≤ `end`: at the end, or where p′ = a + 3b σ² + 5c σ⁴ is 0. */
export function largestOn(end: number, [a, b, c]: Quintic): number {
  const root = Math.sqrt(9 * b ** 2 - 20 * a * c); // NaN where p has no extremum
  const extrema = [(-3 * b + root) / (10 * c), (-3 * b - root) / (10 * c)].map(Math.sqrt);
  const inside = extrema.filter((sigma) => sigma < end);
  return Math.max(...[end, ...inside].map((s) => Math.abs(s * (a + b * s ** 2 + c * s ** 4))));
}
