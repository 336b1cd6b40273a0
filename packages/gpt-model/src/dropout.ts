import { dropoutHash } from '@evenkeel/ops';
import { mul, type Tensor, tensor } from '@tensorflow/tfjs-core';

/** How much a pass drops, and what decides which: nothing but in training. */
export interface Dropping {
  readonly rate: number;
  readonly seed: number;
}

/** The seed of one place in the model, so that no two places drop alike. */
export const seedAt = (seed: number, place: number): number => dropoutHash(place, seed);

/**
 * Sets entries to 0 with probability `rate` and scales up the others, so that the mean stays.
 *
 * The same seed drops the same entries on every backend: entry n goes if `dropoutHash(n, seed) < rate · 2³²`.
 */
export function dropout(x: Tensor, { rate, seed }: Dropping): Tensor {
  if (rate === 0) return x;
  const threshold = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  const mask = Float32Array.from({ length: x.size }, (_, n) => (dropoutHash(n, seed) < threshold ? 0 : kept));
  return mul(x, tensor(mask, x.shape));
}
