import { type Constraint, checkNumber } from '@evenkeel/optim';
import { mul } from '@tensorflow/tfjs-core';

/**
 * Decoupled weight decay as a constraint: every parameter shrinks by the same share after each step.
 *
 *     W ← (1 − η λ) W,     η the learning rate of the step
 *
 * With updates of norm η, as Muon's, norms stay near 1/λ. It differs from `addDecayedWeights` in the order: that one
 * decays the weight before the step, this one the weight after it.
 *
 * @param weightDecay λ ≥ 0.
 * @throws If λ is out of range; at the step, if the transform has no learning rate.
 */
export function decoupledWeightDecay(weightDecay: number): Constraint {
  checkNumber('decoupledWeightDecay', 'weightDecay', weightDecay, {
    atLeast: 0,
    below: Infinity,
    typical: 0.1,
  });
  return (value, _param, step) => {
    if (step?.learningRate === undefined) {
      throw new Error(
        `decoupledWeightDecay: the step has no learning rate, expected a transform that ends in one. ` +
          `Use a recipe such as muon() or end the chain with scaleByLearningRate().`,
      );
    }
    return mul(value, 1 - step.learningRate * weightDecay);
  };
}
