import type { MetricRecord } from '@evenkeel/loop';
import type { Line, Panel } from './drawing/panel.js';
import { seriesOf } from './drawing/series.js';
import { isShare, titleOf } from './metric-words.js';
import { namesIn } from './names-in.js';

/** Metrics that belong into one chart, in the order of the page; all others follow by name, each in its own. */
const TOGETHER: readonly { readonly title: string; readonly of: RegExp }[] = [
  { title: 'Loss', of: /^(loss|validationLoss)$/ },
  { title: 'Accuracy', of: /^(accuracy|validationAccuracy)$/ },
  { title: 'Learning rate', of: /^learningRate($|\/)/ },
  { title: 'Norm of the gradient', of: /^gradientNorm$/ },
  { title: 'Update over weight', of: /^updateRatio$/ },
  { title: 'Collapse of the loss', of: /^(softmax|stablemax)Collapse$/ },
  { title: 'Speed', of: /^(tokens|examples)PerSecond$/ },
  { title: 'Largest activation', of: /^largestActivation$/ },
  { title: 'Lipschitz bound, as a power of ten', of: /^log10Lipschitz$/ },
];

/** What goes over decades. */
const LOGARITHMIC = /loss|^gradientNorm$|^largestActivation$/i;

/** A line is drawn in at most so many stretches: a chart is hardly wider. */
export const MOST_STRETCHES = 300;
/** They are fewer where there are very many lines: a file stays a file. */
const STRETCHES = { most: MOST_STRETCHES, fewest: 40, ofAllLines: 40_000 } as const;

/** What is drawn of runs: a panel for each metric or group of metrics that any of them has. */
export function panelsOf(runs: readonly (readonly MetricRecord[])[]): Panel[] {
  const metricsOf = runs.map(metricsIn);
  const known = new Set(metricsOf.flat());
  const stretches = stretchesFor(metricsOf.reduce((sum, { length }) => sum + length, 0));
  const grouped = TOGETHER.map(({ title, of }) => ({
    title,
    metrics: [...known].filter((name) => of.test(name)),
  }));
  const rest = [...known].filter((name) => !TOGETHER.some(({ of }) => of.test(name))).sort();
  const all = [...grouped, ...rest.map((name) => ({ title: titleOf(name), metrics: [name] }))];
  return all.flatMap(({ title, metrics }, i) => {
    const lines: Line[] = runs.flatMap((records, run) =>
      metrics
        .filter((metric) => metricsOf[run].includes(metric))
        .map((metric) => ({
          run,
          metric,
          style: metrics.indexOf(metric) % 3,
          series: seriesOf(records, metric, stretches),
        })),
    );
    if (lines.length === 0) return [];
    const [first] = metrics;
    return [
      { id: `chart-${i}`, title, isLogarithmic: LOGARITHMIC.test(first), isShare: isShare(first), lines },
    ];
  });
}

const stretchesFor = (lines: number): number =>
  Math.max(STRETCHES.fewest, Math.min(STRETCHES.most, Math.floor(STRETCHES.ofAllLines / Math.max(1, lines))));

/** What a run has measured. The rate of each group is drawn, where there are any, and not the largest once more. */
function metricsIn(records: readonly MetricRecord[]): string[] {
  const names = namesIn(records);
  for (const name of ['step', 'seconds']) names.delete(name);
  if ([...names].some((name) => name.startsWith('learningRate/'))) names.delete('learningRate');
  return [...names];
}
