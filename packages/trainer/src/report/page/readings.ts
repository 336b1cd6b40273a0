import type { Chart, DrawnLine } from '../drawing/draw-chart.js';
import { inWords, withUnit } from '../metric-words.js';

/** What a line is at a step. */
export interface Reading {
  readonly drawn: DrawnLine;
  readonly name: string;
  /** Which of its points. */
  readonly index: number;
  readonly words: string;
}

/** Of more lines than these, ranges would be a wall of numbers. */
const RANGES = 6;

/** The steps at which any line of a chart has a point, in order. */
export const stepsOf = ({ lines }: Chart): number[] =>
  [...new Set(lines.flatMap(({ line }) => line.series.steps))].sort((a, b) => a - b);

/** The point of each line that is nearest to a step, if it is near: a line that has ended has none. */
export function readingsAt({ lines }: Chart, step: number, names: readonly string[]): Reading[] {
  const hasMetrics = new Set(lines.map(({ line }) => line.metric)).size > 1;
  return lines.flatMap((drawn) => {
    const { line, values } = drawn;
    const { steps, lows, highs } = line.series;
    const index = nearest(steps, step);
    const value = values[index];
    const gap = Math.max(
      ...[steps[index + 1], steps[index - 1]].map((next) => Math.abs((next ?? 0) - steps[index])),
    );
    const isNear = Math.abs(steps[index] - step) <= (steps.length > 1 ? gap : Infinity);
    if (value === null || value === undefined || !isNear) return [];
    const name = hasMetrics ? `${names[line.run]}, ${inWords(line.metric)}` : names[line.run];
    const range =
      lines.length <= RANGES && lows && highs && lows[index] !== highs[index]
        ? ` (${withUnit(line.metric, lows[index]!)} to ${withUnit(line.metric, highs[index]!)})`
        : '';
    return [{ drawn, index, name, words: withUnit(line.metric, value) + range }];
  });
}

/** The index of what is nearest, by halving. */
export function nearest(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= wanted) low = middle;
    else high = middle;
  }
  return high >= 0 && Math.abs(sorted[high] - wanted) < Math.abs(sorted[low] - wanted) ? high : low;
}
