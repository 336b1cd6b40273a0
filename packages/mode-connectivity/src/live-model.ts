import { clone, dispose, keep, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { checkSame, type Weights } from './weights.js';

/** A model whose weights can be exchanged: its variables, as a list or by name. */
export type Variables = readonly Variable[] | Readonly<Record<string, Variable>>;

/** Variables by name: their own names for a list. */
const byName = (variables: Variables): Readonly<Record<string, Variable>> =>
  Array.isArray(variables)
    ? Object.fromEntries(variables.map((variable: Variable) => [variable.name, variable]))
    : (variables as Readonly<Record<string, Variable>>);

/**
 * Copies of a model's weights at this moment. They share memory with the variables until those are written again.
 *
 * @returns Kept tensors, the caller's to dispose.
 */
export const copyWeights = (variables: Variables): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(byName(variables)).map(([name, variable]) => [name, keep(clone<Tensor>(variable))]),
  );

/**
 * Writes weights into a model.
 *
 * @throws If names, shapes or dtypes differ. Then nothing has changed.
 */
export function loadWeights(variables: Variables, weights: Weights): void {
  const live = byName(variables);
  checkSame('loadWeights', live, weights);
  tidy(() => {
    for (const [name, variable] of Object.entries(live)) variable.assign(weights[name]);
  });
}

/** Runs `work` and puts the model's weights back afterwards, also when it throws. */
export async function withWeightsRestored<T>(variables: Variables, work: () => Promise<T>): Promise<T> {
  const before = copyWeights(variables);
  try {
    return await work();
  } finally {
    loadWeights(variables, before);
    dispose(before);
  }
}
