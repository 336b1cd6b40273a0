import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import { mul, sub } from '@tensorflow/tfjs-core';
import type { MatrixOptions } from '../matrices.js';
import { type PowerIterationOptions, powerIteration } from '../power-iteration.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import { outer } from './spectral-hammer.js';

export interface SpectralWeightDecayOptions extends MatrixOptions, PowerIterationOptions {
  /** The share of the largest singular value to take away per step, learning rate not included; in [0, 1]. */
  weightDecay: number;
}

/**
 * Decays the largest singular value of each matrix and leaves the others.
 *
 *     W ← W − λ σ₁ u₁ v₁ᵀ,     u₁, σ₁, v₁ from power iteration
 *
 * No guarantee. Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Newhouse et al. 2025, section 3.
 */
export function spectralWeightDecay(options: SpectralWeightDecayOptions): MatrixConstraint {
  checkOptions('spectralWeightDecay', options, OPTIONS);
  const weightDecay = checkNumber('spectralWeightDecay', 'weightDecay', options?.weightDecay, {
    atLeast: 0,
    atMost: 1,
    typical: 0.01,
  });
  return onMatrices('spectralWeightDecay', options, ({ matrices }) => {
    const { u, sigma, v, peak } = powerIteration('spectralWeightDecay', matrices, options);
    return sub(matrices, mul(outer(mul(u, mul(sigma, weightDecay)), v), peak));
  });
}

const OPTIONS: Record<keyof SpectralWeightDecayOptions, true> = {
  weightDecay: true,
  iterations: true,
  seed: true,
  startVector: true,
  layout: true,
  heads: true,
};
