import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type MetricLines, parseMetricLines } from '@evenkeel/loop/node';
import { isRun, readRun } from '../folder/run-folder.js';
import { writeFile } from '../write-file.js';
import type { Ranking } from './ranking.js';
import { reportHtml } from './report-html.js';
import type { ReportRun } from './report-run.js';

export interface ReportOptions {
  /** Where to write, `report.html`. */
  readonly path: string;
  /** Folders that hold a `metrics.jsonl`, or such files; or runs that are in memory. */
  readonly runs: readonly (string | ReportRun)[];
  /** Default 'Training report'. */
  readonly title?: string;
  /** Of a sweep: its settings, the best first. */
  readonly ranking?: Ranking;
}

/**
 * Writes runs as one self-contained HTML page: a table with a row per run, a chart per metric, configs, systems and samples.
 *
 * Charts show values under the pointer or the arrow keys, and can be smoothed; axes and runs can be chosen. Without scripts
 * they are pictures. The page loads nothing, runs its own script alone, which its content security policy names by its hash,
 * and shows all text from files as text. A line is drawn in at most 300 stretches, as means and ranges of its records; so
 * twelve runs of 20,000 records each are about two megabytes.
 *
 * @throws If a run has no records.
 */
export async function writeReport({
  path,
  runs,
  title = 'Training report',
  ranking,
}: ReportOptions): Promise<void> {
  const read = runs.map((run) => (typeof run === 'string' ? readRecords(run) : run));
  if (read.length === 0)
    throw new Error('writeReport: no run came, expected at least one folder with a metrics.jsonl.');
  await writeFile(path, reportHtml(read, { title, ranking }));
}

/** Reads a run from its folder or its `metrics.jsonl`. */
export function readRecords(path: string): ReportRun {
  const file = path.endsWith('.jsonl') ? path : join(path, 'metrics.jsonl');
  if (!existsSync(file)) {
    throw new Error(
      `writeReport: '${file}' is not there, expected what metricsFile() writes in a run's folder.`,
    );
  }
  const lines = parseMetricLines(readFileSync(file, 'utf8'));
  if (lines.records.length === 0) {
    throw new Error(`writeReport: '${file}' holds no record, expected at least one. Train some steps first.`);
  }
  const folder = basename(path.endsWith('.jsonl') ? join(path, '..') : path);
  return { name: folder === '' || folder === '.' ? file : folder, config: configOf(file, lines), ...lines };
}

/** The config in the `run.json` beside metrics, if it is that of the run whose metrics they are. */
function configOf(file: string, { run }: MetricLines): unknown {
  const directory = dirname(file);
  if (run === undefined || !isRun(directory)) return undefined;
  const stored = readRun(directory);
  return stored.run === run ? stored.config : undefined;
}
