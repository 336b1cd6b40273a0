import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';
import { WARMUP_OPTIONS, type WarmupOptions, warmup } from './warmup.js';

export interface DecayOptions extends WarmupOptions {
  /** Steps at the peak before the decay begins. Default 0. */
  holdSteps?: number;
  /** The step at which the floor is reached, counted from the beginning of the warm-up. */
  totalSteps: number;
  /** The rate from `totalSteps` on. Default 0. */
  floor?: number;
}

/**
 * Warm-up, hold, then a fall from `peak` to `floor` along `shape`.
 *
 * @param shape From the share of the fall that is behind, in [0, 1], to the share of its height that
 *     is left: 1 at 0, and 0 at 1.
 */
export function decay(where: string, options: DecayOptions, shape: (done: number) => number): Schedule {
  checkOptions(where, options, OPTIONS);
  const { peak, warmupSteps = 0, holdSteps = 0, totalSteps, floor = 0 } = options;
  checkNumber(where, 'holdSteps', holdSteps, { atLeast: 0, below: Infinity, typical: 0 });
  checkNumber(where, 'floor', floor, { atLeast: 0, below: Infinity, typical: 0 });
  checkNumber(where, 'totalSteps', totalSteps, { above: 0, below: Infinity, typical: 5000 });
  if (totalSteps < warmupSteps + holdSteps) {
    throw new Error(
      `${where}: totalSteps is ${totalSteps}, expected at least warmupSteps + holdSteps = ` +
        `${warmupSteps + holdSteps}. Shorten the warm-up or train longer.`,
    );
  }
  const fallSteps = totalSteps - warmupSteps - holdSteps;
  return warmup(where, options, (count) => {
    if (count <= holdSteps && fallSteps > 0) return peak;
    const done = Math.min(1, (count - holdSteps) / fallSteps);
    return done < 1 ? floor + (peak - floor) * shape(done) : floor;
  });
}

const OPTIONS: Record<keyof DecayOptions, true> = {
  ...WARMUP_OPTIONS,
  holdSteps: true,
  totalSteps: true,
  floor: true,
};
