import { type NamedTensorMap, type Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Tensors } from './batch.js';

/** What a forward pass is told. */
export interface PassOptions {
  readonly training: boolean;
  /** Decides what is random in this pass, such as dropout; the same in a resumed run. */
  readonly seed: number;
}

/** A model with a list of variables: `GPT` of @evenkeel/gpt-model, or a class of your own. */
export interface VariableModel {
  readonly variables: readonly Variable[];
  forward?(inputs: never, options: PassOptions): Tensors;
  apply?(inputs: never, options: PassOptions): Tensors;
  predict?(inputs: never): Tensors;
}

/** The part of a tf.layers model used here. */
export interface LayersModel {
  readonly trainableWeights: readonly LayerVariable[];
  readonly weights: readonly LayerVariable[];
  apply(inputs: never, options?: never): unknown;
  calculateLosses?(): Tensor[];
}
interface LayerVariable {
  read(): Tensor;
}

export type Model = VariableModel | LayersModel;

const isLayers = (model: Model): model is LayersModel => 'trainableWeights' in model;

/**
 * The variables that training changes.
 *
 * @throws If the model has none.
 */
export function trainableVariables(model: Model): Variable[] {
  const variables = isLayers(model)
    ? variablesOf(model.trainableWeights)
    : model.variables?.filter(({ trainable }) => trainable);
  if (variables?.length) return variables;
  throw new Error(
    'train: the model has no trainable variables, expected some in model.variables, or in model.trainableWeights as ' +
      'tf.layers has them. Build the model first, by giving its first layer an inputShape.',
  );
}

/** The variables that a checkpoint holds: also those that training only reads, and moving averages. */
export const savedVariables = (model: Model): Variable[] =>
  isLayers(model) ? variablesOf(model.weights) : [...model.variables];

const variablesOf = (weights: readonly LayerVariable[]): Variable[] =>
  weights.map((weight) => weight.read()).filter((tensor) => tensor instanceof Variable);

/**
 * The model's outputs.
 *
 * @throws If it has no method that computes them.
 */
export function forward(model: Model, inputs: Tensors, options: PassOptions): Tensors {
  const { forward, apply, predict } = model as VariableModel;
  const method = forward ?? apply ?? predict;
  if (typeof method === 'function') return method.call(model, inputs as never, options);
  throw new Error(
    'train: the model has no forward(inputs), apply(inputs) or predict(inputs), expected one of them. Add it, or pass ' +
      'step: (batch) => loss.',
  );
}

/** What the model itself adds to the loss of a step: regularizers of tf.layers. */
export const ownLosses = (model: Model | undefined): Tensor[] =>
  model && isLayers(model) ? (model.calculateLosses?.() ?? []) : [];

/** Gradients in the order of the variables, as `Optimizer.minimize` passes them: tfjs's own optimizers go by position. */
export const inOrder = (gradients: NamedTensorMap, variables: readonly Variable[]) =>
  variables.flatMap(({ name }) => (gradients[name] ? [{ name, tensor: gradients[name] }] : []));
