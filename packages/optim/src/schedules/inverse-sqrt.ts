import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';
import { WARMUP_OPTIONS, type WarmupOptions, warmup } from './warmup.js';

export interface InverseSqrtOptions extends WarmupOptions {
  /** Steps after the warm-up until the rate has fallen to peak / √2. Default: `warmupSteps`, at least 1. */
  timescale?: number;
}

/**
 * Warms up in a straight line, then falls with the square root of time and never ends.
 *
 *     η(k) = peak / √(1 + (k − warmupSteps) / timescale)
 *
 * With the default timescale this is peak · √(warmupSteps / k).
 *
 * @throws If a number is out of range.
 * @see Vaswani et al., "Attention Is All You Need", 2017, eq. 3.
 */
export function inverseSqrt(options: InverseSqrtOptions): Schedule {
  checkOptions('inverseSqrt', options, OPTIONS);
  const { peak, warmupSteps = 0, timescale = Math.max(1, warmupSteps) } = options;
  checkNumber('inverseSqrt', 'timescale', timescale, { above: 0, below: Infinity, typical: 1000 });
  return warmup('inverseSqrt', options, (count) => peak / Math.sqrt(1 + count / timescale));
}

const OPTIONS: Record<keyof InverseSqrtOptions, true> = { ...WARMUP_OPTIONS, timescale: true };
