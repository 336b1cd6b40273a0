import { type Constraint, checkNumber } from '@evenkeel/optim';
import { mul } from '@tensorflow/tfjs-core';

/**
 * Decoupled weight decay as a constraint: every parameter shrinks by the same share after each step.
 *
 *     W ← (1 − η λ) W,     η the learning rate of the step
 *
 * With updates of norm η, as Muon's, it holds norms near 1/λ. The same as `addDecayedWeights` up to order: there the
 * weight before the step is decayed, here the one after it.
 *
 * @param weightDecay λ ≥ 0.
 * @throws If λ is out of range; at the step, if the transform has no learning rate.
 */
export function weightDecay(weightDecay: number): Constraint {
  checkNumber('weightDecay', 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0.1 });
  return (value, _param, step) => {
    if (step?.learningRate === undefined) {
      throw new Error(
        `weightDecay: the step has no learning rate, expected a transform that ends in one. ` +
          `Use a recipe such as muon() or end the chain with scaleByLearningRate().`,
      );
    }
    return mul(value, 1 - step.learningRate * weightDecay);
  };
}
