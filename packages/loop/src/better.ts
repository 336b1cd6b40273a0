/** Whether smaller or larger values of a metric are better. */
export type Mode = 'min' | 'max';

/** The mode of a metric where none is given: more of an accuracy is better, and less of anything else. */
export const modeOf = (metric: string): Mode => (/accuracy$/i.test(metric) ? 'max' : 'min');

/**
 * Whether a value is better than the best one so far. NaN and infinities never are: a metric that is NaN once would
 * otherwise be the best for ever.
 *
 * @param minDelta By how much it must be better, ≥ 0; 0: by anything.
 */
export function isBetter(value: number, best: number | undefined, mode: Mode, minDelta = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === undefined) return true;
  return (mode === 'min' ? best - value : value - best) > minDelta;
}
