import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import type { MatrixOptions } from '../matrices.js';
import { type PowerIterationOptions, powerIteration } from '../power-iteration.js';
import { scaledDown } from '../unit.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';

export interface PowerConstraintOptions extends MatrixOptions, PowerIterationOptions {
  /** The RMS→RMS norm, √(fanIn / fanOut) σ₁, to keep to; > 0. Default 1. */
  maxNorm?: number;
}

/**
 * Divides each matrix whose norm is above the cap by what it exceeds it: all singular values shrink together.
 *
 *     W ← W / max(1, N(W) / maxNorm),   N(W) = √(fanIn / fanOut) σ₁,   σ₁ from power iteration
 *
 * The estimate lies below the true σ₁, so the norm may stay slightly above the cap: no guarantee. Biases and scalars
 * pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Miyato et al., "Spectral Normalization", 2018; Newhouse et al. 2025, section 3.
 */
export function spectralNormalize(options: PowerConstraintOptions = {}): MatrixConstraint {
  checkOptions('spectralNormalize', options, POWER_CONSTRAINT_OPTIONS);
  const maxNorm = checkedMaxNorm('spectralNormalize', options);
  return onMatrices('spectralNormalize', options, ({ matrices, rmsScale }) => {
    const found = powerIteration('spectralNormalize', matrices, options);
    return scaledDown(matrices, found, found.sigma, maxNorm * rmsScale);
  });
}

/** Also of `spectralHammer`. */
export const POWER_CONSTRAINT_OPTIONS: Record<keyof PowerConstraintOptions, true> = {
  maxNorm: true,
  iterations: true,
  seed: true,
  startVector: true,
  layout: true,
  heads: true,
};

export const checkedMaxNorm = (where: string, { maxNorm = 1 }: { maxNorm?: number }): number =>
  checkNumber(where, 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
