import { SCRIPT } from '../generated/report-script.js';
import type { Drawn } from './drawing/panel.js';
import { escapeHtml } from './escape-html.js';
import { figureOf } from './figure.js';
import { MOST_STRETCHES, panelsOf } from './panels.js';
import { type Ranking, rankingTable } from './ranking.js';
import type { ReportRun } from './report-run.js';
import { runDetails } from './run-details.js';
import { runsTable } from './runs-table.js';
import { securityPolicy } from './security-policy.js';
import { STYLE } from './style.js';

export interface PageOptions {
  readonly title: string;
  /** Of a sweep. */
  readonly ranking?: Ranking;
  /** Of a page that asks its server for what is new: what it says of that. */
  readonly live?: { readonly status: string; readonly hasEnded: boolean };
}

/** Charts beyond these are folded. */
const CHARTS = 9;

/** Runs as one page that needs nothing else. All text from runs is escaped, and only the page's own script runs. */
export function reportHtml(runs: readonly ReportRun[], { title, ranking, live }: PageOptions): string {
  const shown = distinct(runs);
  const drawn: Drawn = {
    names: shown.map(({ name }) => name),
    panels: panelsOf(shown.map(({ records }) => records)),
  };
  const figures = drawn.panels.map((panel) => figureOf(panel, drawn));
  const policy = securityPolicy(SCRIPT, STYLE, live === undefined ? "'none'" : "'self'");
  return `<!doctype html>
<html lang="en"${live === undefined ? '' : ` data-live="${live.hasEnded ? 'ended' : 'on'}"`}>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeHtml(title)}</h1>
${live === undefined ? '' : `<p class="status" id="status" role="status">${escapeHtml(live.status)}</p>`}
<div id="tables">${ranking ? rankingTable(ranking) : ''}${shown.length > 0 ? runsTable(shown) : ''}</div>
<div id="controls"></div>
<div id="charts">${plots(figures)}${note(shown)}</div>
<div id="details">${shown.map((run, i) => runDetails(run, i, shown.length === 1)).join('\n')}</div>
<p class="words" id="spoken" aria-live="polite"></p>
</main>
<script type="application/json" id="drawn">${json(drawn)}</script>
<script>${SCRIPT}</script>
</html>
`;
}

function plots(figures: readonly string[]): string {
  const [first, others] = [figures.slice(0, CHARTS), figures.slice(CHARTS)];
  const more =
    others.length === 0
      ? ''
      : `<details id="more"><summary>${others.length} more measurements</summary><div class="plots">${others.join('')}</div></details>`;
  return `<div class="plots">${first.join('')}</div>${more}`;
}

function note(runs: readonly ReportRun[]): string {
  const most = Math.max(0, ...runs.map(({ records }) => records.length));
  const many = runs.length > 12 ? ' Without a script, the first twelve runs are drawn.' : '';
  return `<p class="note">A line of up to ${MOST_STRETCHES} records shows each of them. Of more records (here: up to ${most.toLocaleString('en')}) it joins the means of equally long stretches; where up to six lines are drawn, a pale band reaches from the lowest to the highest record of each. Where there are very many lines, stretches are longer.${many}</p>`;
}

/** JSON that ends no script element, whatever is in it. */
const json = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

/** Runs of the same name get numbers. */
function distinct(runs: readonly ReportRun[]): ReportRun[] {
  const seen = new Map<string, number>();
  return runs.map((run) => {
    const times = (seen.get(run.name) ?? 0) + 1;
    seen.set(run.name, times);
    return times === 1 ? run : { ...run, name: `${run.name} (${times})` };
  });
}
