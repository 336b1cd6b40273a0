import { checkWhole, show } from './check.js';

/**
 * Checks that a saved position belongs here: that what it was saved with is what there is now.
 *
 * @param where The function that was called, for the error.
 * @param came The saved state, from anywhere.
 * @param expected What must be in it, by name.
 * @throws With the first name that differs.
 */
export function checkBelongs(where: string, came: unknown, expected: object): void {
  for (const [name, value] of Object.entries(expected)) {
    const saved = (came as Record<string, unknown> | null | undefined)?.[name];
    if (saved === value) continue;
    throw new Error(
      `${where}: ${name} is ${show(saved)}, expected ${show(value)}. ` +
        'Use the same data and options as when the state was saved, or begin anew.',
    );
  }
}

/** The most rows that can have been drawn: numbers up to here count exactly, whatever a batch adds. */
const MAX_DRAWN = 2 ** 52;

/** @throws If a number of rows that have been drawn is none. */
export function checkDrawn(where: string, drawn: unknown): asserts drawn is number {
  checkWhole(where, 'drawn', drawn as number, 0, MAX_DRAWN, 'Take an older checkpoint.');
}
