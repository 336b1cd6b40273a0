import { modelName, pairBuilds, relativeName } from '@evenkeel/safetensors';

/**
 * The names that the parameters of a checkpoint have in this process. A model that was built again, or loaded, has the same
 * names relative to the model, but perhaps another prefix or other counts (see `relativeName` of `@evenkeel/safetensors`,
 * on which this package stands for that reason: all that is restored by name follows one rule).
 *
 * An optimizer knows the parameters of one step, not the whole model. So:
 *
 * - If all saved names are alive, and the step uses one of them or none that could be another build of one, names stand.
 *   A parameter of the step that the checkpoint lacks is one that has no state yet.
 * - Otherwise the model was built again. The saved parameters of one relative name belong, in build order, to those of the
 *   step; if these are not as many, to the variables of that relative name that are alive and not in the checkpoint; or to
 *   all that are alive.
 *
 * @returns The new name of each saved parameter; those that match nothing are left out.
 * @throws If it is not clear which of several variables is meant.
 */
export function currentNames(
  owner: string,
  saved: ReadonlySet<string>,
  step: readonly string[],
  alive: readonly string[],
): Map<string, string> {
  const keyOf = keysFor([...saved], step);
  const savedGroups = grouped([...saved], keyOf);
  const isAlive = new Set(alive);
  const isSameBuild =
    [...saved].every((name) => isAlive.has(name)) &&
    (step.some((name) => saved.has(name)) || !step.some((name) => savedGroups.has(keyOf(name))));
  if (isSameBuild) return new Map([...saved].map((name) => [name, name]));

  const stepGroups = grouped(step, keyOf);
  const prefixes = new Set(step.map(prefixOf));
  const aliveGroups = grouped(
    alive.filter((name) => prefixes.has(prefixOf(name))),
    keyOf,
  );
  const names = new Map<string, string>();
  for (const [key, group] of savedGroups) {
    const candidates = aliveGroups.get(key) ?? [];
    const pairs =
      pairBuilds(group, stepGroups.get(key) ?? []) ??
      pairBuilds(
        group,
        candidates.filter((name) => !saved.has(name)),
      ) ??
      pairBuilds(group, candidates);
    if (!pairs && candidates.length > 0) {
      throw new Error(
        `${owner}: the restored state of '${group.join("', '")}' could belong to any of '${candidates.join("', '")}', ` +
          `expected as many live variables as in the checkpoint. Give layers names of their own, or dispose of other ` +
          `builds of the model first.`,
      );
    }
    for (const [live, from] of pairs ?? []) names.set(from, live);
  }
  return names;
}

/** A relative name, with the name of the model where there are several. */
function keysFor(saved: readonly string[], step: readonly string[]): (name: string) => string {
  const isOneModel = [saved, step].every((names) => new Set(names.map(modelName)).size <= 1);
  return isOneModel ? relativeName : (name) => JSON.stringify([modelName(name), relativeName(name)]);
}

/** What comes before the relative name: the model, where its name is a part of the parameter's. */
const prefixOf = (name: string): string => {
  const relative = relativeName(name);
  return name.endsWith(relative) ? name.slice(0, name.length - relative.length) : '';
};

function grouped(names: readonly string[], keyOf: (name: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = groups.get(keyOf(name));
    if (group) group.push(name);
    else groups.set(keyOf(name), [name]);
  }
  return groups;
}
