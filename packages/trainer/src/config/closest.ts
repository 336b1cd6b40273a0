import { distance } from 'fastest-levenshtein';

/** The name that was probably meant, if one is near. */
export function closest(name: string, known: Iterable<string>): string | undefined {
  const ranked = [...known].map((candidate) => ({
    candidate,
    far: distance(name.toLowerCase(), candidate.toLowerCase()),
  }));
  const [best] = ranked.sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}
