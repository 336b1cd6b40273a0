import {
  add,
  div,
  maximum,
  mean,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { unitMatrices } from './unit.js';

// What newer Muons do to an update before and after it is made orthogonal. All on batches [batch, rows, columns], inside a tidy.

/** ‖X‖_F of each matrix, [batch, 1, 1], at least 1e-30. */
const frobenius = (x: Tensor3D): Tensor3D => maximum(sqrt(sum(square(x), [1, 2], true)), 1e-30);

/**
 * Gives all rows of a matrix the same length, so that no neuron's gradient drowns in another's. (MuonEq)
 *
 *     xᵢ ← xᵢ · (‖X‖_F / √rows) / max(|xᵢ|, 1e-6)
 *
 * @see Karpathy, nanochat, `optim.py`, "row equilibration".
 */
export function equilibratedRows(x: Tensor3D): Tensor3D {
  const { unit, peak } = unitMatrices(x);
  const lengths = maximum(sqrt(sum(square(unit), 2, true)), div(1e-6, peak));
  const common = mul(frobenius(unit), 1 / Math.sqrt(x.shape[1]));
  return mul(mul(unit, div(common, lengths)), peak);
}

/** Gives a matrix the Frobenius norm of an orthogonal one, √min(rows, columns). (Muon+) */
export const renormalized = (x: Tensor3D): Tensor3D =>
  mul(x, div(Math.sqrt(Math.min(x.shape[1], x.shape[2])), frobenius(x)));

/**
 * Divides each row, or each column where there are more of those, by a running estimate of its size. (NorMuon)
 *
 *     q = mean of squares over columns if rows ≥ columns, else over rows
 *     v ← β₂ v + (1 − β₂) q,     w = x / √max(v, 1e-10),     x ← w ‖x‖_F / ‖w‖_F
 *
 * A common factor of v cancels, so that it needs no bias correction.
 *
 * @param v Of the shape of `x`, the same along what the mean is over.
 * @returns The new x and v.
 * @see Li et al., "NorMuon: Making Muon more efficient and scalable", 2025. https://arxiv.org/abs/2510.05491
 */
export function evenedOut(x: Tensor3D, v: Tensor, beta2: number): [Tensor3D, Tensor] {
  const [, rows, columns] = x.shape;
  const q = mean(square(x), rows >= columns ? 2 : 1, true);
  const next = add(mul(v, beta2), mul(q, 1 - beta2));
  const w = div<Tensor3D>(x, sqrt(maximum(next, 1e-10)));
  return [mul(w, div(frobenius(x), frobenius(w))), next];
}
