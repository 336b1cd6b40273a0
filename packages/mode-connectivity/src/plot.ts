import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Path } from './error-along-path.js';
import type { Instability } from './instability-analysis.js';

export interface PlotOptions {
  /** What was measured to draw. Default `'loss'`. */
  measure?: string;
  /** Default none. */
  title?: string;
}

/**
 * Draws a path: the measure against α, a line per split.
 *
 * @returns A standalone SVG.
 * @throws If the measure is not in the path.
 */
export function plotPath(path: Path, { measure = 'loss', title }: PlotOptions = {}): string {
  checkMeasure('plotPath', path, measure);
  const points = Object.entries(path.values).flatMap(([split, values]) =>
    values[measure].map((value, i) => ({ split, alpha: path.alphas[i], value })),
  );
  return svg(title, { label: 'α (0: model B, 1: model A)' }, measure, [
    Plot.lineY(points, { x: 'alpha', y: 'value', stroke: 'split', strokeWidth: 2 }),
    Plot.dot(points, { x: 'alpha', y: 'value', fill: 'split', r: 2 }),
  ]);
}

/**
 * Draws an instability analysis: the barrier against the step at which the twins were forked, a line per split.
 *
 * @returns A standalone SVG.
 * @throws If the measure is not in the results.
 */
export function plotInstability(
  results: readonly Instability[],
  { measure = 'loss', title }: PlotOptions = {},
): string {
  for (const result of results) checkMeasure('plotInstability', result, measure);
  const points = results.flatMap(({ fromStep, barriers }) =>
    Object.entries(barriers).map(([split, values]) => ({ split, fromStep, value: values[measure] })),
  );
  return svg(title, { label: 'forked after steps' }, `barrier (${measure})`, [
    Plot.ruleY([0]),
    Plot.lineY(points, { x: 'fromStep', y: 'value', stroke: 'split', strokeWidth: 2 }),
    Plot.dot(points, { x: 'fromStep', y: 'value', fill: 'split' }),
  ]);
}

function svg(title: string | undefined, x: Plot.ScaleOptions, y: string, marks: Plot.Markish[]): string {
  const { document } = parseHTML('<html></html>');
  const plot = Plot.plot({
    document: document as unknown as Document,
    width: 560,
    height: 320,
    marginLeft: 52,
    x,
    y: { grid: true, label: y },
    color: { scheme: 'dark2' },
    marks: [...marks, Plot.text(title ? [title] : [], { frameAnchor: 'top', dy: -8 })],
    marginTop: 28,
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return plot.outerHTML;
}

function checkMeasure(where: string, { values }: Path, measure: string): void {
  const known = new Set(Object.values(values).flatMap(Object.keys));
  if (known.has(measure)) return;
  throw new Error(`${where}: measure is '${measure}', expected one of ${[...known].join(', ')}.`);
}
