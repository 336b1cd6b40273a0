/** What a hyper-parameter may be. */
export interface NumberRange {
  atLeast?: number;
  above?: number;
  atMost?: number;
  below?: number;
  integer?: boolean;
  /** A value to suggest in the error. */
  typical: number;
}

/**
 * Checks a hyper-parameter, so that a typing mistake fails where it was made and not as NaN weights later.
 *
 * @param where The function that was called, for the error.
 * @param name The option's name, for the error.
 * @returns `value`.
 * @throws If `value` is not a number, is NaN, or lies outside `range`.
 */
export function checkNumber(where: string, name: string, value: number, range: NumberRange): number {
  const { atLeast = -Infinity, above = -Infinity, atMost = Infinity, below = Infinity } = range;
  const allowed =
    typeof value === 'number' &&
    value >= atLeast &&
    value <= atMost &&
    (value > above || above === -Infinity) &&
    (value < below || below === Infinity) &&
    (!range.integer || Number.isInteger(value));
  if (allowed) return value;

  const limits = [
    range.atLeast !== undefined && `≥ ${range.atLeast}`,
    range.above !== undefined && `> ${range.above}`,
    range.atMost !== undefined && `≤ ${range.atMost}`,
    range.below !== undefined && `< ${range.below}`,
  ].filter(Boolean);
  throw new Error(
    `${where}: ${name} is ${typeof value === 'string' ? `'${value}'` : String(value)}, ` +
      `expected ${range.integer ? 'a whole number' : 'a number'} ${limits.join(' and ')}. ` +
      `A usual value is ${range.typical}.`,
  );
}
