import { modelName, pairBuilds, relativeName } from './relative-name.js';

/** A tensor as the matcher sees it. Tensors, variables and the entries of a file's header have both. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Pairs the tensors of a saved model with those of a live one.
 *
 * Two builds of one model have the same names relative to the model, but not always the same names: tf.layers gives
 * `h/kernel`, then `h/kernel_1`, and `dense_Dense1/kernel`, then `dense_Dense3/kernel`; the models of this project give
 * `gpt/embed.weight`, then `gpt_1/embed.weight`. Names that are equal on both sides stand for themselves. Otherwise the
 * tensors of one {@link relativeName} are paired in the order in which they were built.
 *
 * It works on names and shapes alone, so that each package which restores something by name can use it: the training loop
 * for weights, `@evenkeel/optim` for what an optimizer remembers, `@evenkeel/mode-connectivity` for points in weight space.
 *
 * @param where The function that was called, for the error.
 * @param saved What was saved.
 * @param live What the model has now.
 * @param called What the two are called in the error. Default 'the checkpoint' and 'the model'.
 * @returns A pair for each entry of `live`, in its order.
 * @throws Unless each saved tensor belongs to exactly one live tensor of the same shape.
 */
export function matchByName<S extends NamedShape, L extends NamedShape>(
  where: string,
  saved: readonly S[],
  live: readonly L[],
  { from = 'the checkpoint', into = 'the model' }: { from?: string; into?: string } = {},
): [S, L][] {
  requireUnique(where, from, saved);
  requireUnique(where, into, live);
  const partners = sameNames(saved, live) ? byName(saved, live) : byRelativeName(saved, live);
  const taken = new Set(partners.values());
  const left = saved.filter((tensor) => !taken.has(tensor));
  const missing = live.find((tensor) => !partners.has(tensor));
  if (missing) {
    throw new Error(
      `${where}: ${from} has no '${missing.name}', expected one of shape [${missing.shape}] as in ${into}` +
        `${left.length > 0 ? `; it has '${left[0].name}', which ${into} has not` : ''}. Build the same model, with the same names.`,
    );
  }
  if (left.length > 0) {
    throw new Error(
      `${where}: ${from} has '${left[0].name}', expected only what ${into} has. Build the same model, with the same names.`,
    );
  }
  return live.map((tensor) => {
    const partner = partners.get(tensor)!;
    if (sameShape(partner, tensor)) return [partner, tensor];
    throw new Error(
      `${where}: ${from} has '${partner.name}' in shape [${partner.shape}], expected shape [${tensor.shape}] ` +
        `as '${tensor.name}' in ${into}. Build the same model, of the same sizes.`,
    );
  });
}

function byName<S extends NamedShape, L extends NamedShape>(saved: readonly S[], live: readonly L[]) {
  const names = new Map(saved.map((tensor) => [tensor.name, tensor]));
  return new Map(live.map((tensor) => [tensor, names.get(tensor.name)!]));
}

/** Pairs each group of one relative name in build order. A group that does not fit is left out. */
function byRelativeName<S extends NamedShape, L extends NamedShape>(saved: readonly S[], live: readonly L[]) {
  // A model may have another name than the one that was saved; where there are several, the name tells them apart.
  const isOneModel = [saved, live].every(
    (tensors) => new Set(tensors.map(({ name }) => modelName(name))).size === 1,
  );
  const keyOf = ({ name }: NamedShape) =>
    isOneModel ? relativeName(name) : JSON.stringify([modelName(name), relativeName(name)]);
  const names = new Map(saved.map((tensor) => [tensor.name, tensor]));
  const [savedGroups, liveGroups] = [groupNames(saved, keyOf), groupNames(live, keyOf)];
  const pairs = new Map<string, string>();
  for (const [key, group] of liveGroups) {
    for (const [to, from] of pairBuilds(savedGroups.get(key) ?? [], group) ?? []) pairs.set(to, from);
  }
  return new Map(
    live.filter(({ name }) => pairs.has(name)).map((tensor) => [tensor, names.get(pairs.get(tensor.name)!)!]),
  );
}

function groupNames(
  tensors: readonly NamedShape[],
  keyOf: (tensor: NamedShape) => string,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const tensor of tensors) {
    const key = keyOf(tensor);
    groups.set(key, [...(groups.get(key) ?? []), tensor.name]);
  }
  return groups;
}

function sameNames(saved: readonly NamedShape[], live: readonly NamedShape[]): boolean {
  const names = new Set(saved.map(({ name }) => name));
  return saved.length === live.length && live.every(({ name }) => names.has(name));
}

const sameShape = (a: NamedShape, b: NamedShape): boolean =>
  a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);

function requireUnique(where: string, whose: string, tensors: readonly NamedShape[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) {
      throw new Error(
        `${where}: ${whose} has two tensors called '${name}', expected one. Give each a name of its own.`,
      );
    }
    names.add(name);
  }
}
