import { UsageError } from '../usage-error.js';

/** No honest config has as many values or is as deep. */
const MOST_VALUES = 10_000;
const DEEPEST = 32;

/**
 * Checks that something written by hand is no larger than that: a few lines of YAML whose aliases repeat each other stand for
 * billions of values, and an alias of what it lies in has no end.
 *
 * @param name What errors call it.
 * @throws If it is too large, too deep, or lies in itself.
 */
export function checkBounded(name: string, value: unknown): void {
  let values = 0;
  const look = (part: unknown, depth: number): void => {
    values += 1;
    if (values > MOST_VALUES) throw tooMuch(`more than ${MOST_VALUES} values`, 'fewer');
    if (typeof part !== 'object' || part === null) return;
    if (depth > DEEPEST)
      throw tooMuch(`objects deeper than ${DEEPEST} in each other`, 'fewer, and no alias of what it lies in');
    for (const inner of Object.values(part)) look(inner, depth + 1);
  };
  const tooMuch = (has: string, expected: string) =>
    new UsageError(
      `${name} holds ${has}, expected ${expected}: a run config has some dozens. Look for aliases (&, *) in it.`,
    );
  look(value, 0);
}
