import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type MetricLines, parseMetricLines } from '@evenkeel/loop/node';
import { isRun, readRun } from '../folder/run-folder.js';
import { writeFile } from '../write-file.js';
import { plotMetric } from './plot-metric.js';

/** A run to show. */
export interface ReportRun extends MetricLines {
  /** Its config. */
  readonly config?: unknown;
  /** What it is called in plots and tables. */
  readonly name: string;
}

export interface ReportOptions {
  /** Where to write, `report.html`. */
  readonly path: string;
  /** Folders that hold a `metrics.jsonl`, or such files; or runs that are in memory. */
  readonly runs: readonly (string | ReportRun)[];
  /** Default 'Training report'. */
  readonly title?: string;
}

/** Colours that stay apart for colour-blind readers, on white and on black. (Okabe and Ito) */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999'];

/** What is shown in one plot, and in which order; all other metrics follow by name. */
const PANELS: readonly { title: string; metrics: readonly string[]; caption?: string }[] = [
  { title: 'Loss', metrics: ['loss', 'validationLoss'], caption: 'Logarithmic. Dashed: on validation data.' },
  { title: 'Accuracy', metrics: ['accuracy', 'validationAccuracy'], caption: 'Dashed: on validation data.' },
  { title: 'Learning rate', metrics: ['learningRate'] },
  { title: 'Norm of the gradient', metrics: ['gradientNorm'] },
  { title: 'Update over weight', metrics: ['updateRatio'], caption: 'How far a step moves the weights.' },
  {
    title: 'Softmax collapse',
    metrics: ['softmaxCollapse'],
    caption: 'Share of examples without a gradient.',
  },
  { title: 'Largest activation', metrics: ['largestActivation'] },
  { title: 'Lipschitz bound, log₁₀', metrics: ['log10Lipschitz'] },
  { title: 'GrokAdamW: α', metrics: ['alpha'] },
  { title: 'GrokAdamW: signal', metrics: ['signal'] },
];

/**
 * Writes runs as one self-contained HTML page, side by side: a plot per metric, the last numbers, configs, systems and
 * samples. It loads nothing and runs no script; all text from files is escaped.
 *
 * @throws If a run has no records.
 */
export async function writeReport({ path, runs, title = 'Training report' }: ReportOptions): Promise<void> {
  const read = runs.map((run) => (typeof run === 'string' ? readRecords(run) : run));
  if (read.length === 0)
    throw new Error('writeReport: no run came, expected at least one folder with a metrics.jsonl.');
  await writeFile(path, await reportHtml(read, title));
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

/** The page as text. */
async function reportHtml(runs: readonly ReportRun[], title: string): Promise<string> {
  const shown = distinct(runs);
  const colours = shown.map((_, i) => COLOURS[i % COLOURS.length]);
  const names = [
    ...new Set(shown.flatMap(({ records }) => records.flatMap((record) => Object.keys(record)))),
  ];
  const grouped = new Set(PANELS.flatMap(({ metrics }) => metrics));
  const others = names.filter((name) => !grouped.has(name) && name !== 'step' && name !== 'seconds').sort();
  const panels = [...PANELS, ...others.map((name) => ({ title: name, metrics: [name], caption: undefined }))];
  const figures: string[] = [];
  for (const { title, metrics, caption } of panels) {
    const svg = await plotMetric(shown, metrics, colours);
    if (svg === undefined) continue;
    const text = caption ? `<figcaption>${escapeHtml(caption)}</figcaption>` : '';
    figures.push(`<figure><h3>${escapeHtml(title)}</h3>${svg}${text}</figure>`);
  }
  return page(title, shown, colours, names, figures);
}

const page = (
  title: string,
  runs: readonly ReportRun[],
  colours: readonly string[],
  names: readonly string[],
  figures: readonly string[],
) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
  h1, h2, h3 { line-height: 1.2; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
  th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; }
  .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1.5rem; margin: 1.5rem 0; }
  figure { margin: 0; } figure svg { width: 100%; height: auto; background: none !important; color: inherit; }
  figcaption { font-size: .85rem; opacity: .85; }
  pre { overflow-x: auto; white-space: pre-wrap; padding: .8rem; border: 1px solid #8884; font-size: .85rem; }
  .key { margin-right: 1rem; } .key i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .3em; }
</style>
<h1>${escapeHtml(title)}</h1>
<p>${runs.map(({ name }, i) => `<span class="key"><i style="background:${colours[i]}"></i>${escapeHtml(name)}</span>`).join('')}</p>
<div class="plots">${figures.join('\n')}</div>
<h2>Last numbers</h2>
${table(runs, names)}
${runs.map(details).join('\n')}
</html>
`;

/** A row per metric, a column per run. */
function table(runs: readonly ReportRun[], names: readonly string[]): string {
  const last = ({ records }: ReportRun, name: string) =>
    records.findLast((record) => record[name] !== undefined)?.[name];
  const rows = names.map((name) => [name, ...runs.map((run) => number(last(run, name)))]);
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', ['', ...runs.map(({ name }) => name)])}</thead><tbody>${rows
    .map((row) => cells('td', row))
    .join('')}</tbody></table>`;
}

function details({ name, samples, config, systems }: ReportRun): string {
  const json = (value: unknown) => `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
  const texts = samples
    .slice(-5)
    .map(({ step, sample }) => `<h4>Step ${step}</h4><pre>${escapeHtml(sample)}</pre>`);
  return `<h2>${escapeHtml(name)}</h2>
${texts.length > 0 ? `<h3>Samples</h3>${texts.join('\n')}` : ''}
${config === undefined ? '' : `<details open><summary>Config</summary>${json(config)}</details>`}
${systems.length === 0 ? '' : `<details><summary>Ran on</summary>${json(systems)}</details>`}`;
}

/** Runs of the same name get numbers. */
function distinct(runs: readonly ReportRun[]): ReportRun[] {
  const seen = new Map<string, number>();
  return runs.map((run) => {
    const times = (seen.get(run.name) ?? 0) + 1;
    seen.set(run.name, times);
    return times === 1 ? run : { ...run, name: `${run.name} (${times})` };
  });
}

const number = (value: number | undefined): string =>
  value === undefined ? '–' : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, in elements and in attributes. */
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
