import { Tensor, util } from '@tensorflow/tfjs-core';
import { isRecord, shown } from './what-came.js';

/** A model's parameters by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/** @throws Unless two models can be mixed: by what is no weight, or by what differs first. */
export function checkSame(where: string, a: Weights, b: Weights): void {
  checkWeights(where, a);
  checkWeights(where, b);
  const [namesA, namesB] = [Object.keys(a), Object.keys(b)];
  const missing = namesA.find((name) => !Object.hasOwn(b, name));
  const unexpected = namesB.find((name) => !Object.hasOwn(a, name));
  if (missing !== undefined || unexpected !== undefined) {
    throw new Error(
      `${where}: '${missing ?? unexpected}' is in only one of the two models, expected the same parameters in both. ` +
        `Interpolate models of one architecture, with names that do not depend on the model's own, such as ` +
        `Object.fromEntries(gpt.parameters).`,
    );
  }
  for (const name of namesA) {
    if (util.arraysEqual(a[name].shape, b[name].shape) && a[name].dtype === b[name].dtype) continue;
    throw new Error(
      `${where}: '${name}' is ${a[name].dtype} [${a[name].shape}] in one model and ${b[name].dtype} [${b[name].shape}] ` +
        `in the other, expected the same.`,
    );
  }
}

function checkWeights(where: string, weights: unknown): void {
  if (!isRecord(weights)) {
    throw new Error(
      `${where}: the weights are ${shown(weights)}, expected tensors by name. Of a Map or a model's variables, ` +
        `take Object.fromEntries(map) or copyWeights(variables).`,
    );
  }
  const entries = Object.entries(weights);
  if (entries.length === 0)
    throw new Error(`${where}: the weights are empty, expected at least one tensor by name.`);
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof Tensor))
      throw new Error(`${where}: '${name}' is ${shown(tensor)}, expected a tensor.`);
    if (!tensor.isDisposed) continue;
    throw new Error(
      `${where}: '${name}' is disposed, expected a live tensor. Take copyWeights(variables) before a model is disposed of.`,
    );
  }
}
