import { checkOptions } from '@evenkeel/ops';
import { div, mul, type Tensor3D } from '@tensorflow/tfjs-core';
import type { MatrixOptions } from '../matrices.js';
import { applyQuintic, type Quintic } from '../quintic.js';
import { schattenBound } from '../schatten-bound.js';
import { scaledDown, unitMatrices } from '../unit.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import { checkedMaxNorm } from './spectral-normalize.js';

export interface SpectralCapOptions extends MatrixOptions {
  /** The largest RMS→RMS norm, √(fanIn / fanOut) σ₁, that a weight may have after a step; > 0. Default 1. */
  maxNorm?: number;
}

/**
 * Cuts off singular values at a cap: σ → min(σ, cap) for all of them at once, whatever the optimizer.
 *
 *     W ← p(W),     0.993 min(σ, c) ≤ p(σ) ≤ c  for σ ≤ 3.5 c,     c = √(fanOut / fanIn) · maxNorm
 *
 * p is a composition of seven odd quintics of our own, fitted for the smallest relative error on [0, 4] and scaled to
 * lie below the cap. A weight whose norm may be beyond that range (`schattenBound`, within 10 %) is first scaled down
 * into it: the cap holds there too, and its smaller singular values shrink with the largest. Where steps are small
 * against the cap `spectralSoftCap` is cheaper and changes less.
 *
 * Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Newhouse et al. 2025, section 3 ("spectral hard cap"). Theirs is off by up to 3.4 %, passes the cap by 1.1 % and
 *     diverges beyond 4.5: it is `publishedHardCap`.
 */
export function spectralCap(options: SpectralCapOptions = {}): MatrixConstraint {
  checkOptions('spectralCap', options, CAP_OPTIONS);
  const maxNorm = checkedMaxNorm('spectralCap', options);
  return onMatrices('spectralCap', options, ({ matrices, rmsScale }) => {
    const cap = maxNorm * rmsScale;
    const scaled = unitMatrices(matrices);
    const inRange = scaledDown(matrices, scaled, schattenBound(scaled.unit, 0.1), RANGE * cap);
    return mul(HARD_CAP.reduce(applyQuintic, div<Tensor3D>(inRange, cap)), cap * BELOW);
  });
}

/** Also of `exactSpectralCap`. */
export const CAP_OPTIONS: Record<keyof SpectralCapOptions, true> = {
  maxNorm: true,
  layout: true,
  heads: true,
};

/** Where the quintics were fitted: min(σ, 1) on [0, 4], relative error within [−0.35 %, 0.35 %]. */
const HARD_CAP: readonly Quintic[] = [
  [0.9752534, -0.1140234, 0.0044715],
  [0.9765078, 0.6515657, -0.5280357],
  [0.7734813, -0.3023498, 0.6269083],
  [1.0759198, -0.7000822, 0.3418511],
  [1.0456766, 0.1732961, -0.1080756],
  [1.0698003, 0.2004815, -0.2025069],
  [1.1282057, 0.0657848, -0.2027618],
];
const RANGE = 3.99;
/** Brings the largest value, 1.00347, and float32 rounding below 1. */
const BELOW = 1 / 1.0036;
