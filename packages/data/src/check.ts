/** The most examples, positions, values or classes a task may have: whole numbers float32 holds exactly. */
export const MAX_COUNT = 2 ** 24;

/** The most numbers one result may hold: 1 GiB as float32. */
const MAX_ELEMENTS = 2 ** 28;

/**
 * Checks a whole number, so that a typing mistake fails where it was made.
 *
 * @param where The function that was called, for the error.
 * @param name The option's name, for the error.
 * @param advice What to do instead, a sentence.
 * @throws If `value` is not a whole number from `from` to `to`.
 */
export function checkWhole(
  where: string,
  name: string,
  value: number,
  from: number,
  to: number,
  advice: string,
): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new Error(
    `${where}: ${name} is ${show(value)}, expected a whole number from ${from} to ${to}. ${advice}`,
  );
}

/** Checks the seed of a random choice. Beyond 32 bits, different seeds would give the same numbers. */
export function checkSeed(where: string, seed: number): void {
  checkWhole(where, 'seed', seed, 0, 2 ** 32 - 1, 'A usual value is 0.');
}

/**
 * Checks that options are an object and that each one exists, since a misspelt option would leave
 * the default in place without a word.
 *
 * @throws If `options` is no object, or has a key that is not in `names`.
 */
export function checkOptions(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new Error(
      `${where}: the options are ${show(options)}, expected an object. Try { ${names[0]}: … }.`,
    );
  }
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw new Error(
    `${where}: option '${unknown}' is unknown, expected one of ${names.join(', ')}. Check its spelling.`,
  );
}

/**
 * Checks that a result of this shape fits into memory.
 *
 * @throws If it would hold more than 2²⁸ numbers.
 */
export function checkFits(where: string, rows: number, columns: number, advice: string): void {
  if (rows * columns <= MAX_ELEMENTS) return;
  throw new Error(
    `${where}: the result would have shape [${rows},${columns}], expected at most ${MAX_ELEMENTS} numbers. ${advice}`,
  );
}

/** A value as an error shows it: strings in quotes, objects by their kind. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}
