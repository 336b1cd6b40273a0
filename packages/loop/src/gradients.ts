import {
  add,
  dispose,
  mean,
  mul,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import { type ForwardOptions, forward, type Model, ownLosses } from './model.js';

/** The loss of outputs, a scalar or one per example; labels first, as in `tf.losses`. */
export type Loss = (targets: never, outputs: never) => Tensor;

/** The loss of one batch, a scalar that depends on variables. */
export type LossOfBatch = (batch: Batch, options: ForwardOptions) => Scalar;

/** A model and a loss as a function of a batch. Losses per example are averaged, and regularizers added. */
export const lossOfBatch =
  (model: Model, loss: Loss): LossOfBatch =>
  (batch, options) => {
    const outputs = forward(model, batch.inputs, options);
    const value = loss(batch.targets as never, outputs as never);
    return ownLosses(model).reduce<Tensor>(add, value.rank === 0 ? value : mean(value)) as Scalar;
  };

/** A loss and its gradients by the names of their variables. */
export interface Gradients {
  readonly loss: Scalar;
  readonly gradients: NamedTensorMap;
}

/** Loss and gradients of one batch. */
export function gradientsOf(
  batch: Batch,
  loss: LossOfBatch,
  options: ForwardOptions,
  variables: readonly Variable[] | undefined,
): Gradients {
  const { value, grads } = variableGrads(() => loss(batch, options), variables && [...variables]);
  return { loss: value, gradients: grads };
}

/** Adds up gradients of several batches; frees those that went in. */
export function addGradients(sum: Gradients | undefined, next: Gradients): Gradients {
  if (!sum) return next;
  const gradients: NamedTensorMap = {};
  for (const name of new Set([...Object.keys(sum.gradients), ...Object.keys(next.gradients)])) {
    const [a, b] = [sum.gradients[name], next.gradients[name]];
    gradients[name] = a && b ? add(a, b) : (a ?? b);
    if (a && b) dispose([a, b]);
  }
  const loss = add<Scalar>(sum.loss, next.loss);
  dispose([sum.loss, next.loss]);
  return { loss, gradients };
}

/** The mean of `count` gradients that were added up. One is returned as it is, bit for bit. */
export function meanOf(sum: Gradients, count: number): Gradients {
  if (count === 1) return sum;
  return tidy(() => {
    const gradients = Object.fromEntries(
      Object.entries(sum.gradients).map(([name, gradient]) => [name, mul(gradient, 1 / count)]),
    );
    const loss = mul<Scalar>(sum.loss, 1 / count);
    dispose([sum.loss, ...Object.values(sum.gradients)]);
    return { loss, gradients };
  });
}
