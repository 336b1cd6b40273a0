/**
 * A whole number from 0 to 2³² − 1 that looks random and depends on all of the numbers given. (murmur3's finish)
 *
 * What is random in a step comes from the run's seed and the step alone, so a resumed run needs no generator's state.
 */
export function seedOf(...numbers: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
