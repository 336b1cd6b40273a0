import { checkOptions } from '@evenkeel/ops';
import { checkNumber, type Schedule, type Transform } from '@evenkeel/optim';
import { type MuonOptions, muon } from './muon.js';

/**
 * Muon as nanochat trains with it.
 *
 * {@link muon} with rows of equal length (MuonEq), Polar Express, the Frobenius norm of an orthogonal matrix (Muon+), evened
 * rows or columns (NorMuon, β₂ = 0.9) and cautious weight decay, which the scale multiplies too. Every option can be changed.
 *
 *     nanochatMuon({ learningRate: 0.02, ...nanochatSchedules({ steps: 5000, learningRate: 0.02, weightDecay: 0.28 }) })
 *
 * @throws As {@link muon}.
 * @see Karpathy, nanochat, `optim.py`, `MuonAdamW`. Computed in float32, there in bfloat16. There, more than five
 *     Newton–Schulz steps stay five; ours repeat the last.
 */
export const nanochatMuon = (options: MuonOptions = {}): Transform =>
  muon({
    coefficients: 'polarExpress',
    equilibrateRows: true,
    renormalize: true,
    beta2: 0.9,
    cautiousDecay: true,
    scaledDecay: true,
    ...options,
  });

export interface NanochatSchedulesOptions {
  /** Steps of the run, ≥ 1. */
  steps: number;
  /** The highest learning rate, ≥ 0. Default 0.02. */
  learningRate?: number;
  /** Steps until it is reached, ≥ 0. Default 40. */
  warmupSteps?: number;
  /** The share of the run in which it falls, in [0, 1]. Default 0.65. */
  warmdownRatio?: number;
  /** What is left of it at the end, in [0, 1]. Default 0.05. */
  finalShare?: number;
  /** Weight decay at the first step, ≥ 0. Default 0.28. */
  weightDecay?: number;
}

/**
 * nanochat's schedules of Muon's learning rate, momentum and weight decay.
 *
 *     learning rate    up in a line, then flat, then down in a line over the last `warmdownRatio` of the run
 *     momentum         0.85 → 0.97 over 400 steps, then 0.97 → 0.90 while the rate falls
 *     weight decay     half a cosine to 0
 *
 * Momentum's warm-up wins over its fall: a run of fewer than 400 steps never reaches 0.97.
 *
 * @throws If a number is out of range.
 * @see Karpathy, nanochat, `base_train.py`.
 */
export function nanochatSchedules(
  options: NanochatSchedulesOptions,
): Record<'learningRate' | 'momentum' | 'weightDecay', Schedule> {
  checkOptions('nanochatSchedules', options, OPTIONS);
  const {
    steps,
    learningRate = 0.02,
    warmupSteps = 40,
    warmdownRatio = 0.65,
    finalShare = 0.05,
    weightDecay = 0.28,
  } = options;
  const where = 'nanochatSchedules';
  checkNumber(where, 'steps', steps, { atLeast: 1, integer: true, typical: 5000 });
  checkNumber(where, 'learningRate', learningRate, { atLeast: 0, below: Infinity, typical: 0.02 });
  checkNumber(where, 'warmupSteps', warmupSteps, { atLeast: 0, below: Infinity, typical: 40 });
  checkNumber(where, 'warmdownRatio', warmdownRatio, { atLeast: 0, atMost: 1, typical: 0.65 });
  checkNumber(where, 'finalShare', finalShare, { atLeast: 0, atMost: 1, typical: 0.05 });
  checkNumber(where, 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0.28 });
  const fallSteps = Math.round(warmdownRatio * steps);
  /** The share of the fall that is behind. */
  const fallen = (step: number) =>
    fallSteps === 0 ? 0 : Math.min(1, Math.max(0, step - (steps - fallSteps)) / fallSteps);
  return {
    learningRate: (step) =>
      learningRate * (step < warmupSteps ? (step + 1) / warmupSteps : 1 - fallen(step) * (1 - finalShare)),
    momentum: (step) => (step < 400 ? 0.85 + (step / 400) * 0.12 : 0.97 - fallen(step) * 0.07),
    weightDecay: (step) => (weightDecay / 2) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps)),
  };
}

const OPTIONS: Record<keyof NanochatSchedulesOptions, true> = {
  steps: true,
  learningRate: true,
  warmupSteps: true,
  warmdownRatio: true,
  finalShare: true,
  weightDecay: true,
};
