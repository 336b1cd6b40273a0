import { checkOptions } from '@evenkeel/ops';
import { checkedSchedule, checkNumber, perParam, type Schedule, type Transform } from '@evenkeel/optim';
import { add, mul } from '@tensorflow/tfjs-core';
import { type EmbeddingNormCapOptions, embeddingNormCap } from './constraints/embedding-norm-cap.js';

export interface ModulaEmbeddingOptions extends Pick<EmbeddingNormCapOptions, 'maxInflation' | 'axis'> {
  /** η ≥ 0, or a schedule from steps taken to η. Default 0.02. */
  learningRate?: number | Schedule;
  /** How much of the average gradient survives a step (β), in [0, 1). Default 0.95. */
  momentum?: number;
  /** Decoupled weight decay λ ≥ 0, times the learning rate. Default 0. */
  weightDecay?: number;
  /** The RMS of a token's update, in units of the learning rate; > 0. Default 1. */
  targetNorm?: number;
}

/**
 * Modula's step for an embedding or a head: every token moves by the same RMS, whatever its gradient.
 *
 *     m ← β m + (1 − β) g,     u = m / max(1 / maxInflation, rms(m)) per token,     w ← (1 − η λ t) w − η t u
 *
 * Steepest descent under the largest RMS of a token, as {@link muon} is under the spectral norm. A token whose gradient
 * is below 1 / maxInflation moves less. Pair it with `embeddingNormCap`.
 *
 * @throws If an option is out of range, a schedule's learning rate at the step where it is.
 * @see Large et al., "Scalable Optimization in the Modular Norm", 2024; Newhouse et al. 2025, reference code, `Embed`.
 */
export function modulaEmbedding(options: ModulaEmbeddingOptions = {}): Transform {
  checkOptions('modulaEmbedding', options, OPTIONS);
  const {
    learningRate = 0.02,
    momentum = 0.95,
    weightDecay = 0,
    targetNorm = 1,
    maxInflation = 16,
    axis = -1,
  } = options;
  const where = 'modulaEmbedding';
  checkNumber(where, 'momentum', momentum, { atLeast: 0, below: 1, typical: 0.95 });
  checkNumber(where, 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0 });
  checkNumber(where, 'targetNorm', targetNorm, { above: 0, below: Infinity, typical: 1 });
  const rateAt = checkedSchedule(where, 'learningRate', learningRate, {
    atLeast: 0,
    below: Infinity,
    typical: 0.02,
  });
  const normalize = embeddingNormCap({ maxInflation, axis });

  return {
    ...perParam(where, ['m'], (g, slots, param, step) => {
      const size = rateAt(step) * targetNorm;
      const m = add(mul(slots.m, momentum), mul(g, 1 - momentum));
      const down = mul(normalize(m), -size);
      return [weightDecay > 0 ? add(down, mul(param, -size * weightDecay)) : down, { m }];
    }),
    learningRate: (_param, step) => rateAt(step),
  };
}

const OPTIONS: Record<keyof ModulaEmbeddingOptions, true> = {
  learningRate: true,
  momentum: true,
  weightDecay: true,
  targetNorm: true,
  maxInflation: true,
  axis: true,
};
