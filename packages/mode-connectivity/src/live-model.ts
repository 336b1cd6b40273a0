import { clone, dispose, keep, type Tensor, tidy, Variable } from '@tensorflow/tfjs-core';
import { namedAs, type Weights } from './check-weights.js';
import { isRecord, shown } from './what-came.js';

/** A model whose weights can be exchanged: its variables, as a list or by name. */
export type Variables = readonly Variable[] | Readonly<Record<string, Variable>>;

/**
 * Variables by name: their own names for a list.
 *
 * @throws Unless they are live variables, and at least one.
 */
export function variablesByName(where: string, variables: unknown): Readonly<Record<string, Variable>> {
  const named = Array.isArray(variables)
    ? Object.fromEntries(variables.map((variable, i) => [variable?.name ?? i, variable]))
    : variables;
  if (!isRecord(named)) {
    throw new Error(
      `${where}: variables is ${shown(variables)}, expected tf.Variables, as a list or by name, such as model.variables ` +
        `or Object.fromEntries(model.parameters).`,
    );
  }
  const entries = Object.entries(named);
  if (entries.length === 0)
    throw new Error(`${where}: variables is empty, expected at least one tf.Variable.`);
  for (const [name, variable] of entries) {
    if (!(variable instanceof Variable)) {
      throw new Error(`${where}: '${name}' is ${shown(variable)}, expected a tf.Variable.`);
    }
    if (!variable.isDisposed) continue;
    throw new Error(
      `${where}: '${name}' is disposed, expected a live tf.Variable. Dispose of the model when all is done.`,
    );
  }
  return named as Readonly<Record<string, Variable>>;
}

/**
 * Copies of a model's weights at this moment. They share memory with the variables until those are written again.
 *
 * @returns Kept tensors, the caller's to dispose.
 * @throws Unless they are live variables.
 */
export const copyWeights = (variables: Variables): Record<string, Tensor> =>
  cloned(variablesByName('copyWeights', variables));

/** Kept clones. Those of variables stay as they are when the variables are written: that swaps their data. */
export const cloned = (weights: Weights): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, keep(clone(tensor))]));

/**
 * Writes weights into a model: those that `copyWeights` gave, of this model or of another build of it.
 *
 * @throws If they are not live, if their names do not belong to the model's, or if shapes or dtypes differ. Then nothing
 *     has changed.
 */
export function loadWeights(variables: Variables, weights: Weights): void {
  const live = variablesByName('loadWeights', variables);
  const values = namedAs('loadWeights', live, weights, { from: 'the saved model', into: 'the model' });
  tidy(() => {
    // Cloned before the first is written: weights may be variables themselves.
    const pairs = Object.entries(live).map(([name, variable]) => [variable, clone(values[name])] as const);
    for (const [variable, value] of pairs) variable.assign(value);
  });
}

/** Runs `work` and puts the model's weights back afterwards, also when it throws. */
export async function withWeightsRestored<T>(variables: Variables, work: () => Promise<T>): Promise<T> {
  const before = copyWeights(variables);
  try {
    return await work();
  } finally {
    try {
      loadWeights(variables, before);
    } finally {
      dispose(before);
    }
  }
}
