/** What a hyper-parameter may be. */
export interface NumberRange {
  /** The smallest number that is allowed. */
  atLeast?: number;
  /** What the number must be larger than. */
  above?: number;
  /** The largest number that is allowed. */
  atMost?: number;
  /** What the number must be smaller than; Infinity allows every finite one. */
  below?: number;
  /** Whether the number must be whole. Default false. */
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
  const { atLeast, above, atMost, below, integer } = range;
  const allowed =
    typeof value === 'number' &&
    !Number.isNaN(value) &&
    (atLeast === undefined || value >= atLeast) &&
    (above === undefined || value > above) &&
    (atMost === undefined || value <= atMost) &&
    (below === undefined || value < below) &&
    (!integer || Number.isInteger(value));
  if (allowed) return value;

  const limits = [
    atLeast !== undefined && `≥ ${atLeast}`,
    above !== undefined && `> ${above}`,
    atMost !== undefined && `≤ ${atMost}`,
    below !== undefined && `< ${below}`,
  ].filter(Boolean);
  throw new Error(
    `${where}: ${name} is ${typeof value === 'string' ? `'${value}'` : String(value)}, ` +
      `expected ${integer ? 'a whole number' : 'a number'} ${limits.join(' and ')}. ` +
      `A usual value is ${range.typical}.`,
  );
}
