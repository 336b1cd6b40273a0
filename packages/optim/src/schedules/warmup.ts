import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';

export interface WarmupOptions {
  /** The highest rate, reached when the warm-up ends. */
  peak: number;
  /** Steps from `start` to `peak`. Default 0: begin at the peak. */
  warmupSteps?: number;
  /** The rate at step 0 of the warm-up. Default 0. */
  start?: number;
}

/**
 * Climbs in a straight line from `start` to `peak`, then follows `after`.
 *
 * @param after From steps since the end of the warm-up to a rate; `after(0)` should be `peak`.
 */
export function warmup(
  where: string,
  { peak, warmupSteps = 0, start = 0 }: WarmupOptions,
  after: Schedule,
): Schedule {
  checkNumber(where, 'peak', peak, { atLeast: 0, below: Infinity, typical: 1e-3 });
  checkNumber(where, 'start', start, { atLeast: 0, below: Infinity, typical: 0 });
  checkNumber(where, 'warmupSteps', warmupSteps, { atLeast: 0, below: Infinity, typical: 100 });
  return (count) =>
    count < warmupSteps ? start + (peak - start) * (count / warmupSteps) : after(count - warmupSteps);
}

/** The names of {@link WarmupOptions}. */
export const WARMUP_OPTIONS: Record<keyof WarmupOptions, true> = {
  peak: true,
  warmupSteps: true,
  start: true,
};
