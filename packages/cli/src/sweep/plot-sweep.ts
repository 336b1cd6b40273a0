import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Axis, Point } from './axes.js';
import type { EndedRuns } from './sweep-file.js';

/** Colours that stay apart for colour-blind readers. (Okabe and Ito) */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999'];

/** Names stand below each other in the right margin. */
const LEGEND = { frameAnchor: 'top-right', textAnchor: 'start', dx: 8 } as const;

/**
 * Draws a metric against the sweep's first axis of numbers (else its first): a dot per run, a line through the means for each
 * setting of the other axes. Runs that diverged are crosses at the top.
 *
 * @returns A standalone SVG, or undefined if nothing was measured.
 */
export function plotSweep(
  axes: readonly Axis[],
  points: readonly Point[],
  runs: EndedRuns,
  metric: string,
): string | undefined {
  const others = axes.filter(({ field }) => field.path !== 'seed');
  const isNumeric = ({ values }: Axis) =>
    values.every((value) => value !== '' && Number.isFinite(Number(value)));
  const axis = others.find(isNumeric) ?? others[0] ?? axes[0];
  const path = axis.field.path;
  const rows = points
    .filter(({ name }) => runs[name])
    .map(({ name, values }) => ({
      x: isNumeric(axis) ? Number(values[path]) : values[path],
      y: runs[name].ended === 'done' ? runs[name].metrics[metric] : Number.NaN,
      setting: others
        .filter((other) => other !== axis)
        .map(({ field }) => `${field.path} ${values[field.path]}`)
        .join(', '),
    }));
  const measured = rows.filter(({ y }) => Number.isFinite(y));
  if (measured.length === 0) return undefined;
  const { document } = parseHTML('<html></html>');
  const settings = [...new Set(rows.map(({ setting }) => setting))];
  const plot = Plot.plot({
    document: document as unknown as Document,
    width: 640,
    height: 360,
    marginLeft: 56,
    marginTop: 28,
    marginRight: 20 + 6 * Math.max(...settings.map(({ length }) => length)),
    x: {
      label: path,
      type: scaleOf(axis, isNumeric(axis)),
      ...(isNumeric(axis) ? { tickFormat: '~g' } : {}),
    },
    y: { grid: true, label: metric, zero: false },
    color: { domain: settings, range: settings.map((_, i) => COLOURS[i % COLOURS.length]) },
    marks: [
      Plot.lineY(measured, Plot.groupX({ y: 'mean' }, { x: 'x', y: 'y', stroke: 'setting', z: 'setting' })),
      Plot.dot(measured, { x: 'x', y: 'y', stroke: 'setting', r: 3 }),
      Plot.text(
        rows.filter(({ y }) => !Number.isFinite(y)),
        { x: 'x', text: () => '×', frameAnchor: 'top', dy: -12, fontSize: 14, fill: 'setting' },
      ),
      ...settings.map((setting, i) =>
        Plot.text([setting], { ...LEGEND, fill: COLOURS[i % COLOURS.length], dy: 14 * i }),
      ),
    ],
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  plot.setAttribute('style', 'background: white');
  return plot.outerHTML;
}

/** Rates go over decades. */
function scaleOf({ values }: Axis, isNumeric: boolean): Plot.ScaleType {
  if (!isNumeric) return 'point';
  const numbers = values.map(Number);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least > 0 && most / least >= 8 ? 'log' : 'linear';
}
