import { isBetter, type Mode, modeOf } from './better.js';
import type { Callback } from './callback.js';

export interface EarlyStopOptions {
  /** The metric that must improve. Default 'validationLoss'. */
  metric?: string;
  /** Records that may pass without an improvement, ≥ 0. Default 5. */
  patience?: number;
  /** Whether smaller or larger is better. Default 'max' for accuracies, else 'min'. */
  mode?: Mode;
  /** By how much a value must be better to count as an improvement, ≥ 0. Default 0: by anything. */
  minDelta?: number;
}

/**
 * Ends training when a metric has stopped improving. Its memory is in checkpoints. NaN and infinities never are an
 * improvement.
 *
 * @throws If an option is out of range.
 */
export function earlyStop({
  metric = 'validationLoss',
  patience = 5,
  mode = modeOf(metric),
  minDelta = 0,
}: EarlyStopOptions = {}): Callback {
  if (!(Number.isInteger(patience) && patience >= 0)) {
    throw new Error(`earlyStop: patience is ${patience}, expected a whole number ≥ 0. A usual value is 5.`);
  }
  if (!(minDelta >= 0)) throw new Error(`earlyStop: minDelta is ${minDelta}, expected a number ≥ 0.`);
  if (mode !== 'min' && mode !== 'max')
    throw new Error(`earlyStop: mode is '${String(mode)}', expected 'min' or 'max'.`);
  let best: number | undefined;
  let waited = 0;
  return {
    name: `earlyStop:${metric}`,
    goesBy: [metric],
    onMetrics(record, run) {
      const value = record[metric];
      if (value === undefined) return;
      if (isBetter(value, best, mode, minDelta)) {
        best = value;
        waited = 0;
      } else {
        waited += 1;
      }
      if (waited > patience) run.stop(`earlyStop: no better ${metric} in ${waited} records`);
    },
    state: () => ({ best, waited }),
    restore(state: { best?: number; waited: number }) {
      ({ best, waited } = state);
    },
  };
}
