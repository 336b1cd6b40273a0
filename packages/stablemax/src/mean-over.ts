import type { Scalar } from '@tensorflow/tfjs-core';

/** The key under which a mean tells what it is a mean of. In the registry of symbols, so that nobody has to import it. */
const COUNT = Symbol.for('evenkeel.count');

/**
 * Marks a scalar as a mean, and says over how many examples.
 *
 *     loss[Symbol.for('evenkeel.count')]?.()          a number, or a Scalar where labels live on a GPU
 *
 * Whoever puts means together needs that: the mean over several batches is Σ meanᵢ · countᵢ / Σ countᵢ. The mark stays on
 * the tensor through `tf.tidy`, `tf.variableGrads` and the like, which hand on the same object; arithmetic makes a new
 * tensor, which has none.
 *
 * @param count Called only when somebody asks, in the scope in which the loss was called.
 */
export function meanOver(mean: Scalar, count: () => number | Scalar): Scalar {
  return Object.assign(mean, { [COUNT]: count });
}
