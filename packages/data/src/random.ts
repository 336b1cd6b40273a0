import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/** Draws a whole number from 0 to `below − 1`, each equally likely. */
export type Draw = (below: number) => number;

/**
 * A source of random whole numbers: MT19937, the generator of C++ `std::mt19937` and NumPy
 * `RandomState`, so the same seed gives the same numbers on every machine.
 *
 * @param seed 0 … 2³² − 1.
 */
export function randomSource(seed: number): Draw {
  const generator = mersenne(seed);
  return (below) => uniformInt(generator, 0, below - 1);
}

/** The numbers 0 … `count − 1` in random order, each order equally likely. (Fisher–Yates) */
export function shuffledIndices(count: number, draw: Draw): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = draw(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
