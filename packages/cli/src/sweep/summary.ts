import { UsageError } from '@evenkeel/trainer/config';
import { inWords, meanAndSpread } from '@evenkeel/trainer/node';
import { table } from '../output.js';
import type { Axis, Point } from './axes.js';
import type { EndedRuns } from './sweep-file.js';

/** Runs that differ in their seeds alone. */
export interface Setting {
  /** By the axes' paths, without the seed. */
  readonly values: Readonly<Record<string, string>>;
  /** The metric of each run that did not diverge. */
  readonly scores: readonly number[];
  readonly diverged: number;
  /** Folders of its runs. */
  readonly names: readonly string[];
}

const SEED = 'seed';

const isHigherBetter = (metric: string): boolean => /accuracy/i.test(metric);

/**
 * What runs are compared by: what was asked for, else the validation loss, else the loss. Runs of different losses are
 * compared by accuracy.
 *
 * @throws If it was not measured.
 */
export function metricOf(wanted: string | undefined, runs: EndedRuns, losses: readonly string[]): string {
  const all = Object.values(runs);
  const known = [...new Set(all.flatMap(({ metrics }) => Object.keys(metrics)))];
  const [onValidation, otherwise] =
    losses.length === 1 ? ['validationLoss', 'loss'] : ['validationAccuracy', 'accuracy'];
  const metric = wanted ?? (known.includes(onValidation) ? onValidation : otherwise);
  if (known.length === 0 || known.includes(metric)) return metric;
  throw new UsageError(`--metric is '${metric}', expected one of ${known.join(', ')}.`);
}

/** Ended runs by setting, the best first; those with runs that diverged behind all others. */
export function settingsOf(points: readonly Point[], runs: EndedRuns, metric: string): Setting[] {
  const settings = new Map<string, { -readonly [K in keyof Setting]: Setting[K] }>();
  for (const { name, values } of points) {
    const run = runs[name];
    if (!run) continue;
    const { [SEED]: _, ...rest } = values;
    const key = JSON.stringify(rest);
    const setting = settings.get(key) ?? { values: rest, scores: [], diverged: 0, names: [] };
    const score = run.metrics[metric];
    settings.set(key, {
      ...setting,
      scores: run.ended === 'done' && Number.isFinite(score) ? [...setting.scores, score] : setting.scores,
      diverged: setting.diverged + (run.ended === 'diverged' ? 1 : 0),
      names: [...setting.names, name],
    });
  }
  const sign = isHigherBetter(metric) ? -1 : 1;
  return [...settings.values()].sort(
    (a, b) => trouble(a) - trouble(b) || sign * (mean(a.scores) - mean(b.scores)) || 0,
  );
}

/** 0: all runs went well, 1: some diverged, 2: there is nothing to compare. */
const trouble = ({ scores, diverged }: Setting): number => (scores.length === 0 ? 2 : diverged > 0 ? 1 : 0);

/** A line per setting. */
export function summaryTable(axes: readonly Axis[], settings: readonly Setting[], metric: string): string {
  const paths = axes.map(({ field }) => field.path).filter((path) => path !== SEED);
  const hasSeeds = settings.some(({ names }) => names.length > 1);
  const score = hasSeeds ? `${inWords(metric)}, mean ± spread` : inWords(metric);
  const header = [...paths, score, ...(hasSeeds ? ['runs'] : []), 'diverged'];
  const rows = settings.map(({ values, scores, diverged, names }) => [
    ...paths.map((path) => values[path]),
    meanAndSpread(metric, scores),
    ...(hasSeeds ? [String(names.length)] : []),
    diverged === 0 ? '' : hasSeeds ? String(diverged) : 'yes',
  ]);
  return table(header, rows);
}

/** A setting as people read it; the only one of a sweep over seeds has no words of its own. */
export const inSettings = ({ values }: Setting): string =>
  Object.entries(values)
    .map(([path, value]) => `${path} ${value}`)
    .join(', ') || 'all runs';

/** A setting as flags. */
export const asFlags = ({ values }: Setting): string =>
  Object.entries(values)
    .map(([path, value]) => `--${path} ${value}`)
    .join(' ');

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
