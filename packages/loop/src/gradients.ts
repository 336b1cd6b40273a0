import {
  add,
  cast,
  clone,
  dispose,
  keep,
  type NamedTensorMap,
  type Scalar,
  sum,
  Tensor,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import { type Count, type Counted, countedOf, type SumAndCount } from './counted.js';
import { freeTape } from './free-tape.js';
import { forward, type Model, type PassOptions } from './model.js';

/**
 * The loss of outputs; labels come first, as in `tf.losses`. It returns a scalar, one number per example, or
 * `{ sum, count }`. The last two say over how much they go, and so do the scalars of `@evenkeel/stablemax`. Any other
 * scalar is a plain mean, which weighs the same in every batch.
 */
export type Loss = (targets: never, outputs: never) => Tensor | SumAndCount;

/** The loss of one batch, which depends on variables, and over how much it is the mean. */
export type LossOfBatch = (batch: Batch, options: PassOptions) => Counted;

/** A model and a loss as a function of a batch, without regularizers. */
export const lossOfBatch =
  (model: Model, loss: Loss): LossOfBatch =>
  (batch, options) =>
    countedOf(loss(batch.targets as never, forward(model, batch.inputs, options) as never));

/** A mean loss and its gradients by the names of their variables. */
export interface Gradients {
  readonly loss: Scalar;
  readonly gradients: NamedTensorMap;
  /** Over how much they are the mean. A tensor belongs to whoever owns the gradients. */
  readonly count: Count;
}

/** Computes a loss and its gradients. */
export function gradientsOf(loss: () => Counted, variables: readonly Variable[] | undefined): Gradients {
  let count: Count;
  let mean: Scalar | undefined;
  const meanOf = () => {
    const counted = loss();
    mean = counted.mean;
    count = counted.count instanceof Tensor ? keep(cast(sum(counted.count), 'float32')) : counted.count;
    return mean;
  };
  try {
    const { value, grads } = variableGrads(meanOf, variables && [...variables]);
    return { loss: value, gradients: grads, count };
  } catch (error) {
    dispose([count, mean].filter((value) => value instanceof Tensor));
    freeTape();
    throw error;
  }
}

export const disposeGradients = ({ loss, gradients, count }: Gradients): void =>
  dispose([loss, ...Object.values(gradients), ...(count instanceof Tensor ? [count] : [])]);

/** As `tidy`, for gradients. */
export const tidyGradients = (compute: () => Gradients): Gradients =>
  tidy(compute as never) as unknown as Gradients;

/** The same gradients in other tensors. */
export const mapGradients = (
  { loss, gradients, count }: Gradients,
  map: <T extends Tensor>(x: T) => T,
): Gradients => ({
  loss: map(loss),
  gradients: Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, map(gradient)])),
  count,
});

/** The sum of two, in tensors of its own. */
export function addGradients(a: Gradients, b: Gradients): Gradients {
  const gradients: NamedTensorMap = {};
  for (const name of new Set([...Object.keys(a.gradients), ...Object.keys(b.gradients)])) {
    const [one, other] = [a.gradients[name], b.gradients[name]];
    gradients[name] = one && other ? add(one, other) : clone(one ?? other);
  }
  return { loss: add<Scalar>(a.loss, b.loss), gradients, count: addCounts(a.count, b.count) };
}

function addCounts(a: Count, b: Count): Count {
  if (a === undefined || b === undefined) return undefined;
  return typeof a === 'number' && typeof b === 'number' ? a + b : add(a, b);
}
