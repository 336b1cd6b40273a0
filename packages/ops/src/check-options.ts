/** What other libraries call an option. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  wd: 'weightDecay',
  decay: 'weightDecay',
  eps: 'epsilon',
  betas: 'beta1',
  b1: 'beta1',
  b2: 'beta2',
  norm_type: 'ord',
  dropout_p: 'dropout',
  theta: 'base',
};

/**
 * Refuses options that a function does not have, so that a misspelt one is an error in JavaScript too and not a default.
 *
 * @param where The function that was called, for the error.
 * @param options What it was given.
 * @param known An object with a property for each of its options: `{ beta1: true, beta2: true }`.
 * @throws If `options` is no object, or by the name of the first option that is unknown, with the one that was meant.
 */
export function checkOptions(where: string, options: object, known: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new Error(
      `${where}: options are ${String(options)}, expected an object such as ${example(known)}.`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    const meant = nearest(name, Object.keys(known));
    throw new Error(
      `${where}: option '${name}' is unknown, expected one of '${Object.keys(known).join("', '")}'. ` +
        `${meant ? `Did you mean '${meant}'?` : 'Leave it out.'}`,
    );
  }
}

const example = (known: object): string => `{ ${Object.keys(known)[0]}: … }`;

function nearest(name: string, known: readonly string[]): string | undefined {
  const elsewhere = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
  if (elsewhere && known.includes(elsewhere)) return elsewhere;
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '');
  const begun = name.length >= 3 && known.find((candidate) => plain(candidate).startsWith(plain(name)));
  if (begun) return begun;
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(plain(name), plain(candidate)) }))
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.far <= Math.max(1, name.length / 3) ? ranked[0].candidate : undefined;
}

/** How many letters differ: inserted, left out or exchanged. (Levenshtein) */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      next[k] = Math.min(next[k - 1] + 1, row[k] + 1, row[k - 1] + Number(a[i - 1] !== b[k - 1]));
    }
    row = next;
  }
  return row[b.length];
}
