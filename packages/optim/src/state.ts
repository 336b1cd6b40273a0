import { Tensor } from '@tensorflow/tfjs-core';
import type { State } from './transform.js';

/** A tensor under the name it has in a checkpoint. */
export type NamedTensor = { name: string; tensor: Tensor };

/** Joins the path to a tensor into its checkpoint name: `scaleByAdam|blocks.0.attn.q|m`. */
const SEPARATOR = '|';

// A parameter may have the separator in its own name.
const escapeKey = (key: string) => key.replaceAll('%', '%25').replaceAll(SEPARATOR, '%7C');
const unescapeKey = (key: string) => key.replaceAll('%7C', SEPARATOR).replaceAll('%25', '%');

type Branch = { [key: string]: Tensor | Branch };

/** Lists the tensors of a state under their checkpoint names, in a stable order. */
export function flatten(state: State, prefix = ''): NamedTensor[] {
  return Object.entries(state).flatMap(([key, node]) => {
    const name = prefix + escapeKey(key);
    return node instanceof Tensor ? { name, tensor: node } : flatten(node, name + SEPARATOR);
  });
}

/**
 * Rebuilds the state that {@link flatten} listed.
 *
 * @throws If two names contradict each other, as in a damaged checkpoint.
 */
export function unflatten(named: readonly NamedTensor[]): State {
  const root = emptyBranch();
  for (const { name, tensor } of named) {
    const path = name.split(SEPARATOR).map(unescapeKey);
    const leaf = path.pop()!;
    let branch = root;
    for (const key of path) {
      branch[key] ??= emptyBranch();
      const next = branch[key];
      if (next instanceof Tensor) throw contradiction(name);
      branch = next;
    }
    if (leaf in branch) throw contradiction(name);
    branch[leaf] = tensor;
  }
  return root;
}

/** Copies a state, replacing each tensor. */
export function mapState(state: State, replace: (tensor: Tensor) => Tensor): State {
  return Object.fromEntries(
    Object.entries(state).map(([key, node]) => [
      key,
      node instanceof Tensor ? replace(node) : mapState(node, replace),
    ]),
  );
}

/** The same tensors, under new names of the parameters that `names` has: of the keys one level above a tensor. */
export function renameParams(state: State, names: ReadonlyMap<string, string>): State {
  return Object.fromEntries(
    Object.entries(state).map(([key, node]) => {
      if (node instanceof Tensor) return [key, node];
      const isParam = Object.values(node).some((child) => child instanceof Tensor);
      return [isParam ? (names.get(key) ?? key) : key, renameParams(node, names)];
    }),
  );
}

/** The tensors of a state, in the order of {@link flatten}. */
export const tensorsIn = (state: State): Tensor[] => flatten(state).map(({ tensor }) => tensor);

/** The parameter a checkpoint name belongs to: the key one level above its tensor. */
export const paramOf = (checkpointName: string): string =>
  unescapeKey(checkpointName.split(SEPARATOR).at(-2) ?? checkpointName);

/** Where a checkpoint name belongs: the stage of the chain, as a path, and the parameter. */
export function placeOf(checkpointName: string): { stage: string; param: string } {
  const path = checkpointName.split(SEPARATOR);
  return { stage: path.slice(0, -2).join(SEPARATOR), param: paramOf(checkpointName) };
}

/** Names come from files: no prototype, so that `__proto__` is a key like any other. */
const emptyBranch = (): Branch => Object.create(null);

const contradiction = (name: string) =>
  new Error(
    `setWeights: '${name}' contradicts another name in the optimizer's weights. ` +
      `The checkpoint is damaged; load an earlier one.`,
  );
