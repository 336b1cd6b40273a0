import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import { clone, div, mul, type Tensor, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { type MatrixOptions, matricesOf } from '../matrices.js';
import { applyQuintic, type Quintic } from '../quintic.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import { applySoftCap } from './soft-cap.js';
import { checkedMaxNorm } from './spectral-normalize.js';

// What the reference implementation computes where ours differs, for comparison and for loading its runs.

/**
 * The published coupling of the soft cap: the smallest root α ≥ 0 of p(k) = maxNorm, at most 1, and 1 if there is none.
 *
 * It does not keep its promise: see `softCapCoupling`, which does.
 *
 * @param maxNorm The cap, > 0.
 * @param weightDecay The share the step takes away, learning rate included, ≥ 0.
 * @param maxUpdateNorm The largest norm of the update, ≥ 0.
 * @see Newhouse et al. 2025, reference code, `soft_cap_coupling`.
 */
export function publishedSoftCapCoupling(
  maxNorm: number,
  weightDecay: number,
  maxUpdateNorm: number,
): number {
  const where = 'publishedSoftCapCoupling';
  checkNumber(where, 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
  checkNumber(where, 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0 });
  checkNumber(where, 'maxUpdateNorm', maxUpdateNorm, { atLeast: 0, below: Infinity, typical: 0.1 });
  const k = maxNorm * (1 - weightDecay) + maxUpdateNorm;
  if (k < maxNorm || k <= 0) return 1;
  // q(u) = 1 − 3u² + 3u³ − u⁴ falls, so that q(u) = maxNorm / k ≤ 1 has exactly one root u ≥ 0: bisect for it.
  let [low, high] = [0, 2];
  for (let i = 0; i < 200 && low < high; i++) {
    const u = (low + high) / 2;
    if (u === low || u === high) break;
    if (1 - 3 * u ** 2 + 3 * u ** 3 - u ** 4 > maxNorm / k) low = u;
    else high = u;
  }
  return Math.min(1, low / k ** 2);
}

export interface PublishedSoftCapOptions extends MatrixOptions {
  /** The cap, RMS→RMS; > 0. Default 1. */
  maxNorm?: number;
  /** The share of the weight that one step's decay takes, per unit of learning rate; ≥ 0. Default 0. */
  weightDecay?: number;
}

/**
 * The published soft cap, with the published coupling.
 *
 *     W ← p(W) in units of s = √(fanOut / fanIn),     α from `publishedSoftCapCoupling(maxNorm, η λ, η / s)`
 *
 * The update's norm in these units is η, not η / s: where fanOut > fanIn weights pass the cap (by 12 % for 64×16, cap 1,
 * learning rate 0.1), where it is smaller they are shrunk too much. Use `spectralSoftCap`.
 *
 * @throws If an option is out of range; at the step, if the transform has no learning rate.
 * @see Newhouse et al. 2025, reference code, `Linear.project`.
 */
export function publishedSoftCap(options: PublishedSoftCapOptions = {}): MatrixConstraint {
  checkOptions('publishedSoftCap', options, OPTIONS);
  const maxNorm = checkedMaxNorm('publishedSoftCap', options);
  const { weightDecay = 0 } = options;
  checkNumber('publishedSoftCap', 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0 });
  return onMatrices('publishedSoftCap', options, ({ matrices, rmsScale }, _param, step) => {
    const learningRate = step?.learningRate;
    if (learningRate === undefined) {
      throw new Error(
        `publishedSoftCap: the step has no learning rate, expected a transform that has one. ` +
          `Use a recipe such as muon() or end the chain with scaleByLearningRate().`,
      );
    }
    const alpha = publishedSoftCapCoupling(maxNorm, weightDecay * learningRate, learningRate / rmsScale);
    return mul(applySoftCap(div<Tensor3D>(matrices, rmsScale), alpha), rmsScale);
  });
}

const OPTIONS: Record<keyof PublishedSoftCapOptions, true> = {
  maxNorm: true,
  weightDecay: true,
  layout: true,
  heads: true,
};

/**
 * The published hard cap at 1: four quintics that approximate min(σ, 1).
 *
 * Off by up to 3.4 %, above 1 by up to 1.1 %, of the wrong sign at σ = 3.8, diverging beyond 4.5. Use `spectralCap`.
 *
 * @param matrix A matrix or a batch of them.
 * @see Newhouse et al. 2025, reference code, `hard_cap`.
 */
export function publishedHardCap(matrix: Tensor): Tensor {
  if (matrix.size === 0) return clone(matrix);
  return tidy(() => {
    const { matrices, restore } = matricesOf('publishedHardCap', matrix);
    return restore(PUBLISHED_CAP.reduce(applyQuintic, matrices));
  });
}

const PUBLISHED_CAP: readonly Quintic[] = [
  [0.805032, 0.206361, -0.019763],
  [0.649867, 0.162935, -0.01115],
  [1.810259, -0.200265, 0.008251],
  [1.004384, -0.18349, 0.014413],
];
