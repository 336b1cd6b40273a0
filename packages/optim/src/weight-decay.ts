import { add, mul } from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { stateless } from './per-param.js';
import { withoutStep } from './steps-made.js';
import type { Transform } from './transform.js';

/**
 * Adds a share of each weight to its update, so that weights that nothing pulls at shrink.
 *
 *     u = g + λ w
 *
 * After `scaleByAdam` this is decoupled weight decay (AdamW); before it, L2 regularisation.
 * Put it before `scaleByLearningRate`, which turns it into a step of −η λ w. Leave out biases and
 * gains with `masked(addDecayedWeights(0.1), isMatrix)`.
 *
 * @param weightDecay λ ≥ 0.
 * @throws If `weightDecay` is out of range.
 * @see Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019. https://arxiv.org/abs/1711.05101
 */
export function addDecayedWeights(weightDecay: number): Transform {
  checkNumber('addDecayedWeights', 'weightDecay', weightDecay, {
    atLeast: 0,
    below: Infinity,
    typical: 0.01,
  });
  return withoutStep(
    stateless('addDecayedWeights', (g, w) => (weightDecay === 0 ? g : add(g, mul(w, weightDecay)))),
  );
}
