import { matchByName } from '@evenkeel/safetensors';
import { Tensor } from '@tensorflow/tfjs-core';
import { isRecord, shown } from './what-came.js';

/** A model's parameters by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/**
 * The weights of `b` under the names of `a`: two builds of one model may differ in what their names begin or end with.
 *
 * @param called What the two are, for the error.
 * @throws If the two models cannot be mixed. The error names what is no weight, or what differs first.
 */
export function namedAs(
  where: string,
  a: Weights,
  b: Weights,
  called = { from: 'the second model', into: 'the first' },
): Weights {
  checkWeights(where, a);
  checkWeights(where, b);
  const pairs = matchByName(where, entriesOf(b), entriesOf(a), called);
  for (const [{ name, tensor }, { name: other, tensor: first }] of pairs) {
    if (tensor.dtype === first.dtype) continue;
    throw new Error(
      `${where}: '${name}' is ${tensor.dtype} in ${called.from} and '${other}' ${first.dtype} in ${called.into}, ` +
        `expected the same.`,
    );
  }
  return Object.fromEntries(pairs.map(([{ tensor }, { name }]) => [name, tensor]));
}

const entriesOf = (weights: Weights) =>
  Object.entries(weights).map(([name, tensor]) => ({ name, shape: tensor.shape, tensor }));

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
