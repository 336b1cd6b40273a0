import { differingSettings } from './differing-settings.js';
import { escapeHtml } from './escape-html.js';
import { titleOf, withUnit } from './metric-words.js';
import type { ReportRun } from './report-run.js';

/** What a table has room for. */
const COLUMNS = 6;
/** What matters most comes first, and is shown if there is room. */
const BY_WEIGHT = ['validationLoss', 'validationAccuracy', 'loss', 'step', 'accuracy', 'seconds'];
const IN_ORDER = ['step', 'loss', 'validationLoss', 'accuracy', 'validationAccuracy', 'seconds'];
const TITLES: Readonly<Record<string, string>> = { step: 'Steps' };
/** More settings than these are left to the configs. */
const SETTINGS = 6;

/** A row per run: what sets it apart, and the last of what matters most. */
export function runsTable(runs: readonly ReportRun[]): string {
  const settings = differingSettings(runs.map(({ config }) => config));
  const hasSettings = settings.some(({ size }) => size > 0);
  const known = BY_WEIGHT.filter((name) => runs.some((run) => last(run, name) !== undefined));
  const room = COLUMNS - (hasSettings ? 2 : 1);
  const metrics = IN_ORDER.filter((name) => known.slice(0, room).includes(name));
  const head = [
    'Run',
    ...(hasSettings ? ['Settings that differ'] : []),
    ...metrics.map((name) => TITLES[name] ?? titleOf(name)),
  ];
  const rows = runs.map((run, i) => {
    const cells = metrics.map((name) => `<td>${escapeHtml(shown(name, last(run, name)))}</td>`);
    const apart = hasSettings ? `<td class="text">${settingsCell(settings[i])}</td>` : '';
    return `<tr data-run="${i}"><th scope="row"><span class="key c${i % 12}"></span>${escapeHtml(run.name)}</th>${apart}${cells.join('')}</tr>`;
  });
  return tableOf('Runs, and what was measured last', head, rows);
}

/** A table that can be scrolled, also by keyboard, where it is wider than the page. */
export const tableOf = (caption: string, head: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head
    .map(
      (title) =>
        `<th scope="col"${title.startsWith('Setting') ? ' class="text"' : ''}>${escapeHtml(title)}</th>`,
    )
    .join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;

function settingsCell(settings: ReadonlyMap<string, string>): string {
  const all = [...settings].map(
    ([path, value]) =>
      `<span class="setting">${escapeHtml(path).replaceAll('.', '.<wbr>')} <b>${escapeHtml(value)}</b></span>`,
  );
  const more = all.length - SETTINGS;
  return more > 0
    ? `${all.slice(0, SETTINGS).join(' ')} <span class="setting">and ${more} more</span>`
    : all.join(' ') || 'not known';
}

const shown = (name: string, value: number | undefined): string =>
  value === undefined ? '–' : withUnit(name, value);

/** The last value of a metric. */
export const last = ({ records }: ReportRun, name: string): number | undefined =>
  records.findLast((record) => record[name] !== undefined)?.[name];
