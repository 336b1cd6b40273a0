import type { Select, Transform } from './transform.js';

/**
 * Runs `transform` on the parameters that `select` picks; the updates of the others pass unchanged.
 *
 *     masked(orthograd(), isMatrix)
 *     masked(addDecayedWeights(0.1), both(isMatrix, not(named(/embed/))))
 *
 * It has no state of its own, so putting a mask on or off keeps checkpoints readable.
 */
export function masked(transform: Transform, select: Select): Transform {
  return {
    name: transform.name,
    update(updates, state, step) {
      const picked = Object.entries(updates).filter(([id]) => select(step.params[id]));
      const out = transform.update(Object.fromEntries(picked), state, step);
      return { updates: { ...updates, ...out.updates }, state: out.state };
    },
    learningRate: (param, count) => (select(param) ? transform.learningRate?.(param, count) : undefined),
  };
}
