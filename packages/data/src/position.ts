import { checkWhole, show } from './check.js';

/**
 * Checks that a saved position belongs here: that what it was saved with is what there is now.
 *
 * @param where The function that was called, for the error.
 * @param came The saved state, from anywhere.
 * @param expected What must be in it, by name.
 * @throws With all that differs: settings by their values, data in words, since hashes say nothing to people.
 */
export function checkBelongs(where: string, came: unknown, expected: object): void {
  if (typeof came !== 'object' || came === null) {
    throw new Error(
      `${where}: the state is ${show(came)}, expected one from state(). Take an older checkpoint.`,
    );
  }
  const saved = (name: string) =>
    Object.hasOwn(came, name) ? (came as Record<string, unknown>)[name] : undefined;
  const differing = Object.entries(expected).filter(([name, value]) => saved(name) !== value);
  if (differing.length === 0) return;
  const inWords = differing.map(([name, value]) =>
    name === 'sha256'
      ? 'the data are not those with which the state was saved'
      : `${name} is ${show(saved(name))}, expected ${show(value)}`,
  );
  throw new Error(
    `${where}: ${inWords.join('; ')}. Use the same data and options as when the state was saved, or begin anew.`,
  );
}

/** The most rows that can have been drawn: numbers up to here count exactly, whatever a batch adds. */
const MAX_DRAWN = 2 ** 52;

/** @throws If a number of rows that have been drawn is none. */
export function checkDrawn(where: string, drawn: unknown): asserts drawn is number {
  checkWhole(where, 'drawn', drawn as number, 0, MAX_DRAWN, 'Take an older checkpoint.');
}
