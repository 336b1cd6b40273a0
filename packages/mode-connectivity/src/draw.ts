import * as Plot from '@observablehq/plot';
import type { Path } from './error-along-path.js';
import type { Instability } from './instability-options.js';

export interface PlotOptions {
  /** What was measured to draw. Default `'loss'`. */
  measure?: string;
  /** Default none. */
  title?: string;
}

/** As `plotPath`, in a document. */
export function drawPath(
  document: Document,
  path: Path,
  { measure = 'loss', title }: PlotOptions = {},
): string {
  checkMeasure('plotPath', path, measure);
  const points = splitsWith(path.values, measure).flatMap(([split, values]) =>
    values.map((value, i) => ({ split, x: path.alphas[i], value })),
  );
  return svg(document, points, { title, x: 'α (0: model B, 1: model A)', y: measure });
}

/** As `plotInstability`, in a document. */
export function drawInstability(
  document: Document,
  results: readonly Instability[],
  { measure = 'loss', title }: PlotOptions = {},
): string {
  for (const result of results) checkMeasure('plotInstability', result, measure);
  const points = results.flatMap(({ fromStep, barriers }) =>
    splitsWith(barriers, measure).map(([split, value]) => ({ split, x: fromStep, value })),
  );
  const labels = { title, x: 'forked after steps', y: `barrier (${measure})` };
  return svg(document, points, labels, [Plot.ruleY([0])]);
}

interface Point {
  split: string;
  x: number;
  value: number;
}

/** Colours that stay apart for colour-blind readers. (Okabe and Ito) */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#777777'];

/** A line per split in its own colour, their names beside them, as a standalone SVG on white. */
function svg(
  document: Document,
  points: readonly Point[],
  { title, x, y }: { title?: string; x: string; y: string },
  below: readonly Plot.Markish[] = [],
): string {
  const splits = [...new Set(points.map(({ split }) => split))];
  const plot = Plot.plot({
    document,
    ...{ width: 560, height: 320, marginLeft: 52, marginTop: 28 },
    marginRight: 20 + 7 * Math.max(0, ...splits.map(({ length }) => length)),
    x: { label: x },
    y: { grid: true, label: y },
    color: { type: 'ordinal', domain: splits, range: COLOURS },
    marks: [
      ...below,
      Plot.lineY(points, { x: 'x', y: 'value', stroke: 'split', strokeWidth: 2 }),
      Plot.dot(points, { x: 'x', y: 'value', fill: 'split', r: 2 }),
      ...names(points, splits),
      Plot.text(title ? [title] : [], { frameAnchor: 'top', lineAnchor: 'bottom', dy: -8 }),
    ],
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  plot.setAttribute('style', 'background: white; color: #222');
  return plot.outerHTML;
}

/** The splits' names in their colours, below each other in the right margin, in the order in which their lines end. */
function names(points: readonly Point[], splits: readonly string[]): Plot.Markish[] {
  const end = (split: string) => points.findLast((point) => point.split === split)!.value;
  return [...splits]
    .sort((a, b) => end(b) - end(a))
    .map((split, i) =>
      Plot.text([split], {
        ...{ frameAnchor: 'top-right', textAnchor: 'start', dx: 8, dy: 14 * i },
        ...{ text: [split], fill: [split] },
      }),
    );
}

/** What there is of one measure, by split: not every split has to have it. */
const splitsWith = <T>(
  values: Readonly<Record<string, Readonly<Record<string, T>>>>,
  measure: string,
): [string, T][] =>
  Object.entries(values).flatMap(([split, measures]) =>
    Object.hasOwn(measures, measure) ? [[split, measures[measure]]] : [],
  );

function checkMeasure(where: string, { values }: Path, measure: string): void {
  const known = new Set(Object.values(values).flatMap(Object.keys));
  if (known.has(measure)) return;
  throw new Error(`${where}: measure is '${measure}', expected one of ${[...known].join(', ')}.`);
}
