import { checkOptions } from '@evenkeel/ops';
import { ADAM_OPTIONS, type AdamOptions, adamRule } from './adam.js';
import { checkNumber } from './check-number.js';
import { checkedSchedule } from './checked-schedule.js';
import { optimizerClass } from './optimizer-class.js';
import type { Schedule } from './schedules/schedule.js';
import type { Transform } from './transform.js';

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
 * Defaults are PyTorch's. The same as this chain, in one pass over memory where the backend has a kernel:
 *
 *     chain(scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3))
 *
 * It decays every parameter, biases too; to choose, write the chain out with `masked(addDecayedWeights(…), isMatrix)`.
 *
 * @throws If an option is out of range.
 * @see Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2.
 *     https://arxiv.org/abs/1711.05101
 */
export function adamW(options: AdamWOptions = {}): Transform {
  checkOptions('adamW', options, OPTIONS);
  const { learningRate = 1e-3, weightDecay = 0.01, ...adam } = options;
  const rateAt = checkedSchedule('adamW', 'learningRate', learningRate);
  checkNumber('adamW', 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0.01 });
  return {
    ...adamRule('adamW', adam, (count) => ({ learningRate: rateAt(count), weightDecay })),
    learningRate: (_param, count) => rateAt(count),
  };
}

const OPTIONS: Record<keyof AdamWOptions, true> = { learningRate: true, weightDecay: true, ...ADAM_OPTIONS };

/** {@link adamW} as a `tf.Optimizer` class that tf.layers can save: `new AdamW({ learningRate: 1e-3 })`. */
export class AdamW extends /* @__PURE__ */ optimizerClass<AdamWOptions>('AdamW', adamW) {}
