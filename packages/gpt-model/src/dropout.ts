import { dropoutHash, dropoutMask } from '@evenkeel/ops';
import { mul, type Tensor } from '@tensorflow/tfjs-core';

/** How much a pass drops, and what decides which: nothing but in training. */
export interface Dropping {
  readonly rate: number;
  /** Whether the pass is one of training. */
  readonly training: boolean;
  readonly seed: number;
}

/** The seed of one place in the model, so that no two places drop alike. */
export const seedAt = (seed: number, place: number): number => dropoutHash(place, seed);

/**
 * Sets entries to 0 with probability `rate` and scales up the others, so that the mean stays.
 *
 * The same seed drops the same entries on every backend, as {@link dropoutMask} says.
 */
export function dropout(x: Tensor, { rate, seed }: Pick<Dropping, 'rate' | 'seed'>): Tensor {
  if (rate === 0) return x;
  return mul(x, dropoutMask(x.shape, rate, seed));
}
