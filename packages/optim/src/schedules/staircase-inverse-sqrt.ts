import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';

export interface StaircaseInverseSqrtOptions {
  /** The rate of the first stair. */
  peak: number;
  /** Steps per stair. Default 512. */
  stairSteps?: number;
}

/**
 * Falls by stairs: the `sqrt` schedule of the Lipschitz-transformer code.
 *
 *     η(k) = peak / (1 + √⌊k / stairSteps⌋)
 *
 * Here to reproduce its runs; {@link inverseSqrt} is the smooth one for new work.
 *
 * @throws If a number is out of range.
 * @see Newhouse et al., "Training Transformers with Enforced Lipschitz Constants", 2025.
 */
export function staircaseInverseSqrt(options: StaircaseInverseSqrtOptions): Schedule {
  checkOptions('staircaseInverseSqrt', options, OPTIONS);
  const { peak, stairSteps = 512 } = options;
  checkNumber('staircaseInverseSqrt', 'peak', peak, { atLeast: 0, below: Infinity, typical: 1e-3 });
  checkNumber('staircaseInverseSqrt', 'stairSteps', stairSteps, { above: 0, below: Infinity, typical: 512 });
  return (count) => peak / (1 + Math.sqrt(Math.floor(count / stairSteps)));
}

const OPTIONS: Record<keyof StaircaseInverseSqrtOptions, true> = { peak: true, stairSteps: true };
