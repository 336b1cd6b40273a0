/**
 * A tensor's name relative to its model: the same for each build of the model.
 *
 *     h/kernel, h/kernel_1, h/kernel_2               → h/kernel             tf.layers, a layer that has a name
 *     dense_Dense1/kernel, dense_Dense3/kernel_1     → dense_Dense/kernel   tf.layers, a layer that has none
 *     gpt/embed.weight, gpt_1/embed.weight           → embed.weight         the models of this project
 *     w, w_1, blocks.0.w                             → themselves           variables that the user named
 *
 * tf.layers counts the tensors that asked for one name and appends the count. It numbers layers without a name by their
 * class. Both counts belong to the process and not to the model. A layer that the user called `a_1` keeps its number.
 */
export const relativeName = (name: string): string => nameParts(name).relative;

/** The name of the model that a tensor belongs to, without the number of its build: `gpt` for `gpt_1/embed.weight`. */
export const modelName = (name: string): string => uniqueCounts(nameParts(name).model).base;

/**
 * Pairs tensors of one {@link relativeName} in the order in which they were built.
 *
 * @returns The saved name of each live one; undefined if the two lists cannot be two builds of the same tensors.
 */
export function pairBuilds(
  saved: readonly string[],
  live: readonly string[],
): Map<string, string> | undefined {
  if (saved.length !== live.length) return undefined;
  const [from, to] = [saved, live].map((names) => names.map(nameParts).sort(inBuildOrder));
  if (!to.every((parts, i) => canBeSame(from[i], parts))) return undefined;
  return new Map(to.map(({ name }, i) => [name, from[i].name]));
}

interface NameParts {
  readonly name: string;
  readonly relative: string;
  /** The name of the model where that is a part of the tensor's, else ''. */
  readonly model: string;
  /** The counts that `relative` leaves out, for each part of the path. */
  readonly counts: readonly (readonly number[])[];
}

function nameParts(name: string): NameParts {
  const path = name.split('/');
  const last = path.pop()!;
  if (last.includes('.')) {
    const model = path.join('/');
    return { name, relative: last, model, counts: [uniqueCounts(model).counts] };
  }
  if (path.length === 0) return { name, relative: name, model: '', counts: [] };
  const parts = [...path.map(layerCount), uniqueCounts(last)];
  return {
    name,
    relative: parts.map(({ base }) => base).join('/'),
    model: '',
    counts: parts.map(({ counts }) => counts),
  };
}

/** The shorter list of counts comes first: tf.layers may give `w_2` to what asked for `w`, and `w_1_2` to what asked for `w_1`. */
function inBuildOrder(a: NameParts, b: NameParts): number {
  for (const [i, counts] of a.counts.entries()) {
    const others = b.counts[i];
    if (counts.length !== others.length) return counts.length - others.length;
    for (const [k, count] of counts.entries()) if (count !== others[k]) return count - others[k];
  }
  return 0;
}

/**
 * Whether two names can be one weight in two builds: each is the name that was asked for, perhaps with one count more.
 * `w_1` can be the same as `w`, `w_2` and `w_1_2`, but not as `w_2_1`.
 */
function canBeSame(a: NameParts, b: NameParts): boolean {
  if (a.model || b.model) return true;
  const [asked, others] = [a, b].map(({ counts }) => {
    const all = counts.at(-1) ?? [];
    return [all, all.slice(0, -1)].map(String);
  });
  return asked.some((counts) => others.includes(counts));
}

interface Counted {
  base: string;
  counts: number[];
}

/** `kernel_1_2` → kernel, [1, 2]. tf.layers counts from 1. */
function uniqueCounts(name: string): Counted {
  const [, base, counts] = /^(.+?)((?:_[1-9]\d*)*)$/s.exec(name) ?? [name, name, ''];
  return { base, counts: counts.split('_').slice(1).map(Number) };
}

/** `dense_Dense12` → dense_Dense, [12]; any other name, also `dense_12`, is one that the user gave. */
function layerCount(name: string): Counted {
  const [, snake, className, digits = ''] = /^(.+)_([A-Z][A-Za-z0-9]*?)(\d+)$/.exec(name) ?? [];
  // The name of a class may end in digits itself: block2_Block21 is the first Block2.
  for (let taken = 0; taken < digits.length; taken++) {
    const whole = className + digits.slice(0, taken);
    if (!snake.endsWith(snakeCase(whole))) continue;
    return { base: `${snake}_${whole}`, counts: [Number(digits.slice(taken))] };
  }
  return { base: name, counts: [] };
}

/** As tf.layers derives the name of a layer from its class. */
const snakeCase = (className: string): string =>
  className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
