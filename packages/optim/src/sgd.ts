import { checkOptions } from '@evenkeel/ops';
import { chain } from './chain.js';
import { scaleByLearningRate } from './learning-rate.js';
import { type MomentumOptions, momentum as momentumOf } from './momentum.js';
import type { Schedule } from './schedules/schedule.js';
import type { Transform } from './transform.js';
import { addDecayedWeights } from './weight-decay.js';

export interface SgdOptions extends MomentumOptions {
  /** Step size, or a function from steps taken to step size. Default 0.01. */
  learningRate?: number | Schedule;
  /** How much of the sum of past gradients survives a step, in [0, 1). Default 0. */
  momentum?: number;
  /** L2 regularisation, added to the gradient before the momentum. Default 0. */
  weightDecay?: number;
}

/**
 * Gradient descent with momentum.
 *
 *     b ← μ b + g + λ w        w ← w − η b        or, with `nesterov`,  w ← w − η (g + λ w + μ b)
 *
 * As `torch.optim.SGD` without dampening. It decays every parameter, biases too; the decay passes through the momentum, unlike
 * that of {@link adamW}.
 *
 * @throws If an option is out of range, for a schedule at the step where it is.
 * @see Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013. There the learning rate
 *     is a factor of what goes into b; here, as in PyTorch, of what comes out.
 */
export function sgd(options: SgdOptions = {}): Transform {
  checkOptions('sgd', options, OPTIONS);
  const { learningRate = 0.01, momentum = 0, nesterov, weightDecay = 0 } = options;
  return chain(
    addDecayedWeights(weightDecay),
    ...(momentum === 0 ? [] : [momentumOf(momentum, { nesterov })]),
    scaleByLearningRate(learningRate),
  );
}

const OPTIONS: Record<keyof SgdOptions, true> = {
  learningRate: true,
  momentum: true,
  nesterov: true,
  weightDecay: true,
};
