import { dropoutHash } from '@evenkeel/ops';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws a number from 0 to below 1. */
export type Random = () => number;

/**
 * A source of random numbers that is the same on every machine and backend.
 *
 * @param seed 0 … 2³² − 1.
 * @param stream Which of the seed's independent sources: a row of a batch, a parameter.
 */
export function randomSource(seed: number, stream: number): Random {
  const generator = xoroshiro128plus(dropoutHash(stream, seed));
  return () => uniformFloat64(generator);
}

/** Numbers from a normal distribution of mean 0 and deviation `std`. (Box–Muller) */
export function normalNumbers(count: number, std: number, random: Random): Float32Array {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    numbers[i] = radius * Math.cos(angle);
    if (i + 1 < count) numbers[i + 1] = radius * Math.sin(angle);
  }
  return numbers;
}

/** @throws If a seed is no whole number of 32 bits: others would be cut off without a word. */
export function checkSeed(where: string, seed: number): void {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  throw new Error(
    `${where}: seed is ${seed}, expected a whole number from 0 to 2³² − 1. A usual value is 0.`,
  );
}
