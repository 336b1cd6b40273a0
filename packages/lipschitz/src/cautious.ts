import type { ByName, State, Step, Transform } from '@evenkeel/optim';
import {
  cast,
  div,
  greater,
  less,
  logicalAnd,
  logicalOr,
  maximum,
  mean,
  mul,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';

/**
 * Drops the entries of a direction that the gradient of the moment does not agree with. (Cautious optimizers)
 *
 *     mask = [u · g > 0],     u ← u · mask / max(mean(mask), 1e-3)          g the gradient, u what the transform makes of it
 *
 * For transforms that keep the direction of the gradient, such as `scaleByAdam` and `momentum`; decay and learning rate
 * come behind:
 *
 *     chain(cautious(scaleByAdam()), addDecayedWeights(0.01), scaleByLearningRate(1e-3))
 *
 * Muon, which looks ahead of its average, has an option of its own: `muon({ cautious: true })`.
 *
 * @param direction Makes a direction to climb of the gradients, no step downhill.
 * @throws If `direction` is no transform; at the step, if it has a learning rate and so has turned the direction round.
 * @see Liang et al., "Cautious Optimizers", 2024, algorithm 1. https://arxiv.org/abs/2411.16085
 */
export function cautious(direction: Transform): Transform {
  if (typeof direction?.update !== 'function') {
    throw new Error(`cautious: got ${String(direction)}, expected a Transform. Try cautious(scaleByAdam()).`);
  }
  return {
    name: direction.name,
    stepsMade: () => 0,
    update(updates: ByName, state: State, step: Step) {
      const stepping = Object.keys(updates).find((name) =>
        makesStep(direction, step.params[name], step.count),
      );
      if (stepping !== undefined) {
        throw new Error(
          `cautious: '${direction.name}' makes a step of '${stepping}', expected a direction to climb. ` +
            'Write the recipe out: chain(cautious(scaleByAdam()), scaleByLearningRate(1e-3)).',
        );
      }
      const out = direction.update(updates, state, step);
      const masked: Record<string, Tensor> = {};
      for (const [name, update] of Object.entries(out.updates)) {
        masked[name] = update.size === 0 ? update : tidy(() => mul(update, agreement(update, updates[name])));
      }
      return { updates: masked, state: out.state };
    },
  };
}

/** Whether a transform turns the direction of a parameter round, by what it says of itself. */
const makesStep = ({ stepsMade, learningRate }: Transform, param: Variable, count: number): boolean =>
  stepsMade ? stepsMade(param) !== 0 : learningRate?.(param, count) !== undefined;

/** [u · g > 0] over its mean: what an update is multiplied by. */
export function agreement(update: Tensor, gradient: Tensor): Tensor {
  const mask = haveSameSign(update, gradient);
  return div(mask, maximum(mean(mask), 1e-3));
}

/** 1 where both are above 0 or both below, else 0. By comparisons: products of small numbers are 0 in float32. */
export function haveSameSign(a: Tensor, b: Tensor): Tensor {
  const both = (compare: typeof greater) => logicalAnd(compare(a, 0), compare(b, 0));
  return cast(logicalOr(both(greater), both(less)), 'float32');
}
