import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Entries that are 1 with a probability, else 0: the same for the same seed and name, whatever else is drawn. */
export function randomMask(length: number, probability: number, seed: number, name: string): Uint8Array {
  const generator = xoroshiro128plus(seed ^ hashOf(name));
  return Uint8Array.from({ length }, () => (uniformFloat64(generator) < probability ? 1 : 0));
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  return hash;
}
