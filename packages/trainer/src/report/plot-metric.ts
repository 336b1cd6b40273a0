import type { MetricRecord } from '@evenkeel/loop';
import type { Markish } from '@observablehq/plot';

/** More points than a plot has pixels tell nothing. */
const MAX_POINTS = 1000;

/** What a plot needs of a run. */
interface Plotted {
  readonly name: string;
  readonly records: readonly MetricRecord[];
}

/**
 * Metrics over steps as an SVG, a line per run; the second metric dashed. Losses are on a logarithmic scale.
 *
 * @returns The SVG's text, or undefined if no run has such a number.
 */
export async function plotMetric(
  runs: readonly Plotted[],
  metrics: readonly string[],
  colours: readonly string[],
): Promise<string | undefined> {
  const isLogarithmic = /loss/i.test(metrics[0]);
  const lines = metrics.map((metric) =>
    runs.flatMap(({ name, records }, index) =>
      thinned(
        records
          .filter((record) => Number.isFinite(record[metric]) && (!isLogarithmic || record[metric] > 0))
          .map((record) => ({ run: String(index), name, step: record.step, value: record[metric] })),
      ),
    ),
  );
  if (lines.every((points) => points.length === 0)) return undefined;
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<html></html>');
  const line = { x: 'step', y: 'value', stroke: 'run', z: 'run' } as const;
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 460,
    height: 260,
    marginLeft: 56,
    x: { label: 'step' },
    y: { grid: true, label: null, ...(isLogarithmic ? { type: 'log', ticks: 5, tickFormat: '.2~g' } : {}) },
    color: { domain: runs.map((_, i) => String(i)), range: [...colours] },
    marks: lines.flatMap((points, i) => {
      const style = i === 0 ? { strokeWidth: 1.5 } : { strokeDasharray: '4 3', strokeWidth: 1.5 };
      const marks: Markish[] = [Plot.lineY(points, { ...line, ...style })];
      if (points.length <= 12) marks.push(Plot.dot(points, { ...line, r: 2 }));
      return marks;
    }),
  });
  return svg.outerHTML;
}

/** Every so many points, the last included. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / MAX_POINTS);
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
