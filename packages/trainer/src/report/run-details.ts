import { escapeHtml } from './escape-html.js';
import { titleOf, withUnit } from './metric-words.js';
import { namesIn } from './names-in.js';
import type { ReportRun } from './report-run.js';
import { last } from './runs-table.js';

/** What is known of a run beside its lines, folded: samples, all last numbers, config, and what it ran on. */
export function runDetails(run: ReportRun, index: number, isOpen: boolean): string {
  const { name, samples, config, systems, records } = run;
  const id = `run-${index}`;
  const texts = samples
    .filter(({ sample }) => sample !== '') // of a model that writes no text
    .slice(-5)
    .map(({ step, sample }) => `<h4>Step ${withUnit('step', step)}</h4><pre>${escapeHtml(sample)}</pre>`);
  const parts = [
    texts.length > 0 ? `<h3>Samples</h3>${texts.join('')}` : '',
    folded(`${id}-numbers`, 'All last numbers', numbersOf(run, records)),
    config === undefined ? '' : folded(`${id}-config`, 'Config', json(config)),
    systems.length === 0 ? '' : folded(`${id}-system`, 'Ran on', json(systems)),
  ];
  return `<details id="${id}"${isOpen ? ' open' : ''}><summary><h2><span class="key c${index % 12}"></span>${escapeHtml(name)}</h2></summary>${parts.join('')}</details>`;
}

const folded = (id: string, title: string, content: string): string =>
  `<details id="${id}"><summary>${title}</summary>${content}</details>`;

const json = (value: unknown): string => `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;

function numbersOf(run: ReportRun, records: ReportRun['records']): string {
  const names = [...namesIn(records)];
  const rows = names.map(
    (name) => `<dt>${escapeHtml(titleOf(name))}</dt><dd>${escapeHtml(withUnit(name, last(run, name)!))}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}
