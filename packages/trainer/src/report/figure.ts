import { CHART, type Chart, drawChart } from './drawing/draw-chart.js';
import { firstView } from './drawing/first-view.js';
import type { Drawn, Panel } from './drawing/panel.js';
import { escapeHtml } from './escape-html.js';
import { inWords, withUnit } from './metric-words.js';

/** A chart with its title, what dashes mean, and what is not drawn. */
export function figureOf(panel: Panel, drawn: Drawn): string {
  const chart = drawChart(panel, firstView(drawn.names));
  const { id, title } = panel;
  const notes = [dashes(panel), odd(panel, drawn.names)].filter(Boolean).join(' ');
  return `<figure id="${id}"><h3 id="${id}-title">${escapeHtml(title)}</h3><svg class="chart" viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-labelledby="${id}-title ${id}-words">${chart.markup}</svg><p class="words" id="${id}-words">${escapeHtml(inSentences(chart, drawn.names))}</p>${notes ? `<figcaption>${escapeHtml(notes)}</figcaption>` : ''}</figure>`;
}

const STYLES = ['Solid', 'dashed', 'dotted'];

function dashes({ lines }: Panel): string {
  const metrics = new Map(lines.map(({ metric, style }) => [style, metric]));
  if (metrics.size < 2) return '';
  return `${[...metrics]
    .sort(([a], [b]) => a - b)
    .map(([style, metric]) => `${STYLES[style]}: ${inWords(metric)}`)
    .join('; ')}.`;
}

/** Numbers that are none are said to be there: a line that ends looks like a run that ended. */
const odd = ({ lines }: Panel, names: readonly string[]): string =>
  lines
    .filter(({ series }) => series.odd > 0)
    .map(
      ({ run, metric, series }) =>
        `${names[run]}: ${series.odd} of ${series.count} values of ${inWords(metric)} are no finite numbers, and not drawn.`,
    )
    .join(' ');

/** For those who hear the page: where each line ends. */
const inSentences = ({ lines }: Chart, names: readonly string[]): string =>
  lines
    .map(({ line: { run, metric, series } }) => {
      const at = series.means.findLastIndex((value) => value !== null);
      const end = at < 0 ? 'no number' : `${withUnit(metric, series.means[at]!)} at step ${series.steps[at]}`;
      return `${names[run]}: ${inWords(metric)} ${end}.`;
    })
    .join(' ');
