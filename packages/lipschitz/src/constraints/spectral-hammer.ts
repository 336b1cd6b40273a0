import { checkOptions } from '@evenkeel/ops';
import { add, div, matMul, mul, sub, type Tensor3D } from '@tensorflow/tfjs-core';
import { powerIteration } from '../power-iteration.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import {
  checkedMaxNorm,
  POWER_CONSTRAINT_OPTIONS,
  type PowerConstraintOptions,
} from './spectral-normalize.js';

/**
 * Sets the largest singular value of each matrix to the cap, from above or from below, and leaves the others.
 *
 *     W ← W + (c − σ₁) u₁ v₁ᵀ,     c = √(fanOut / fanIn) · maxNorm,   u₁, σ₁, v₁ from power iteration
 *
 * Meant for AdamW, whose updates have low stable rank: one singular value at a time is enough to hold the norm in
 * practice. No guarantee: the second largest may be above the cap. Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Newhouse et al. 2025, section 3 ("spectral hammer").
 */
export function spectralHammer(options: PowerConstraintOptions = {}): MatrixConstraint {
  checkOptions('spectralHammer', options, POWER_CONSTRAINT_OPTIONS);
  const maxNorm = checkedMaxNorm('spectralHammer', options);
  return onMatrices('spectralHammer', options, ({ matrices, rmsScale }) => {
    const { u, sigma, v, unit, peak } = powerIteration('spectralHammer', matrices, options);
    const missing = sub(div<Tensor3D>(maxNorm * rmsScale, peak), sigma);
    return mul(add<Tensor3D>(unit, outer(mul(u, missing), v)), peak);
  });
}

/** x yᵀ of each pair of a batch. */
export const outer = (x: Tensor3D, y: Tensor3D): Tensor3D => matMul(x, y, false, true);
