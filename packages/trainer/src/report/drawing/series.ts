import type { MetricRecord } from '@evenkeel/loop';

/** What is drawn of one metric of a run: stretches of records, with the mean and the range of each. */
export interface Series {
  /** The last step of each stretch. */
  readonly steps: readonly number[];
  /** Null where a stretch has no finite value. */
  readonly means: readonly (number | null)[];
  /** The lowest and the highest value of each stretch; left out where each is a single record. */
  readonly lows?: readonly (number | null)[];
  readonly highs?: readonly (number | null)[];
  /** How many values there are in all. */
  readonly count: number;
  /** How many of them are no finite numbers, or too large to draw. */
  readonly odd: number;
}

/**
 * The series of a metric, in at most so many stretches of equally many records.
 *
 * Means keep what smoothing needs, and ranges every spike; picking every so many records would keep neither.
 */
export function seriesOf(records: readonly MetricRecord[], metric: string, stretches: number): Series {
  const given = records.filter((record) => record[metric] !== undefined);
  const size = Math.max(1, Math.ceil(given.length / stretches));
  const [steps, means, lows, highs] = [[] as number[], ...triple()];
  for (let start = 0; start < given.length; start += size) {
    const stretch = given.slice(start, start + size);
    const values = stretch.map((record) => record[metric]).filter(isDrawable);
    steps.push(stretch[stretch.length - 1].step);
    means.push(values.length === 0 ? null : rounded(meanOf(values)));
    lows.push(values.length === 0 ? null : rounded(Math.min(...values), 3));
    highs.push(values.length === 0 ? null : rounded(Math.max(...values), 3));
  }
  const odd = given.filter((record) => !isDrawable(record[metric])).length;
  return { steps, means, ...(size > 1 ? { lows, highs } : {}), count: given.length, odd };
}

const triple = (): [(number | null)[], (number | null)[], (number | null)[]] => [[], [], []];

/** Finite, and so that the difference of two is. */
const isDrawable = (value: number): boolean => Math.abs(value) < 1e300;

/** Also of numbers whose sum is none: each is divided first. */
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value / values.length, 0);

/** More digits than can be seen make a file twice as large. */
const rounded = (value: number, digits = 5): number => Number(value.toPrecision(digits));
