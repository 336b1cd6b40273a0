import type { Line } from './chart.js';
import { h } from './dom.js';

const ROWS = 25;

/** The numbers of a chart: the last steps, the newest first. The CSV has all of them. */
export function dataTable(
  title: string,
  lines: readonly Line[],
  format: (value: number) => string,
): HTMLTableElement {
  const steps = [...new Set(lines.flatMap(({ series }) => series.steps.slice(-ROWS)))]
    .sort((a, b) => b - a)
    .slice(0, ROWS);
  const cell = ({ series }: Line, step: number) => {
    const at = series.steps.lastIndexOf(step);
    return h('td', {}, at < 0 ? '' : format(series.values[at]));
  };
  return h(
    'table',
    {},
    h('caption', {}, `${title}, the last steps`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['Step', ...lines.map(({ label }) => label)].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    h(
      'tbody',
      {},
      ...steps.map((step) =>
        h('tr', {}, h('th', { scope: 'row' }, String(step)), ...lines.map((line) => cell(line, step))),
      ),
    ),
  );
}
