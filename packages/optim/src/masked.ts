import { stepsMade } from './steps-made.js';
import type { Constraint, Select, Transform } from './transform.js';

/**
 * Runs a transform, or a constraint, on the parameters that `select` picks; the others pass unchanged.
 *
 *     masked(orthograd(), isMatrix)
 *     masked(addDecayedWeights(0.1), both(isMatrix, not(named(/embed/))))
 *     masked(spectralCap({ maxNorm: 1 }), not(named(/embed/)))
 *
 * What passes unchanged still needs a step: mask transforms that change gradients, and send parameters to different recipes
 * with `partition`.
 *
 * It has no state of its own, so putting a mask on or off keeps checkpoints readable.
 *
 * @param select Which parameters, by name and shape.
 */
export function masked(transform: Transform, select: Select): Transform;
export function masked(constraint: Constraint, select: Select): Constraint;
export function masked(inner: Transform | Constraint, select: Select): Transform | Constraint {
  return typeof inner === 'function' ? maskedConstraint(inner, select) : maskedTransform(inner, select);
}

const maskedConstraint =
  (constraint: Constraint, select: Select): Constraint =>
  (value, param, step) =>
    select(param) ? constraint(value, param, step) : value;

function maskedTransform(transform: Transform, select: Select): Transform {
  return {
    name: transform.name,
    update(updates, state, step) {
      const picked = Object.entries(updates).filter(([id]) => select(step.params[id]));
      const out = transform.update(Object.fromEntries(picked), state, step);
      return { updates: { ...updates, ...out.updates }, state: out.state };
    },
    stepsMade: (param) => (select(param) ? stepsMade(transform, param) : 0),
    learningRate: (param, count) => (select(param) ? transform.learningRate?.(param, count) : undefined),
    groupOf: (param) => (select(param) ? transform.groupOf?.(param) : undefined),
    stepBound: (param, count) => (select(param) ? transform.stepBound?.(param, count) : undefined),
  };
}
