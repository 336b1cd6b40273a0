import { type AdamOptions, scaleByAdam } from './adam.js';
import { chain } from './chain.js';
import { scaleByLearningRate } from './learning-rate.js';
import { optimizerClass } from './optimizer-class.js';
import type { Schedule } from './schedules/schedule.js';
import type { Transform } from './transform.js';
import { addDecayedWeights } from './weight-decay.js';

export interface AdamWOptions extends AdamOptions {
  /** Step size, or a function from steps taken to step size. Default 0.001. */
  learningRate?: number | Schedule;
  /** Share of each weight removed per step, times the learning rate. Default 0.01. */
  weightDecay?: number;
}

/**
 * Adam whose weight decay does not pass through the moments. (AdamW)
 *
 *     w ← w − η (m̂ / (√v̂ + ε) + λ w)
 *
 * Defaults are PyTorch's. It decays every parameter, biases too; to choose, write the chain out:
 *
 *     chain(scaleByAdam(), masked(addDecayedWeights(0.1), isMatrix), scaleByLearningRate(1e-3))
 *
 * @throws If an option is out of range.
 * @see Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2.
 *     https://arxiv.org/abs/1711.05101
 */
export function adamW({ learningRate = 1e-3, weightDecay = 0.01, ...adam }: AdamWOptions = {}): Transform {
  return chain(scaleByAdam(adam), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate));
}

/** {@link adamW} as a `tf.Optimizer` class that tf.layers can save: `new AdamW({ learningRate: 1e-3 })`. */
export class AdamW extends optimizerClass<AdamWOptions>('AdamW', adamW) {}
