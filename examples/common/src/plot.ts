import * as Plot from '@observablehq/plot';
import { svgOf } from './svg.js';

export interface Point {
  /** Which line the point belongs to. */
  line: string;
  x: number;
  y: number;
}

export interface PlotOptions {
  /** What the axes show. */
  x: string;
  y: string;
  /** `'log'` for losses that fall by orders of magnitude, `'percent'` for shares. Default `'linear'`. */
  scale?: 'linear' | 'log' | 'percent';
  /** Where the key stands. Default `'top-right'`. */
  key?: 'top-right' | 'bottom-right';
}

/** Readable with colour-blind eyes too. (Okabe and Ito) */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#777777'];
const LINE_HEIGHT = 16;

/** Lines and a key of their names, as a standalone SVG on white. */
export function plotLines(points: readonly Point[], options: PlotOptions): string {
  const { x, y, scale = 'linear', key = 'top-right' } = options;
  const lines = [...new Set(points.map(({ line }) => line))];
  const drawn = svgOf(
    {
      ...{ width: 640, height: 320, marginLeft: 52, marginRight: 16, marginTop: 28 },
      x: { label: x },
      y: { label: y, grid: true, type: scale === 'log' ? 'log' : 'linear', percent: scale === 'percent' },
      color: { domain: lines, range: COLOURS.slice(0, lines.length) },
      marks: [
        Plot.lineY(points, { x: 'x', y: 'y', stroke: 'line', strokeWidth: 2 }),
        ...lines.map((line, i) =>
          Plot.text([line], {
            ...{ frameAnchor: key, textAnchor: 'end', fill: COLOURS[i], text: [line], fontWeight: 'bold' },
            ...{ stroke: 'white', strokeWidth: 4 },
            dx: -4,
            dy: key === 'top-right' ? LINE_HEIGHT * i : -LINE_HEIGHT * (lines.length - i),
          }),
        ),
      ],
    },
    'background: white; color: #222; font: 12px system-ui, sans-serif',
  );
  // Plot writes coordinates to 14 digits; a hundredth of a pixel is enough, and a quarter of the size.
  return drawn.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
}
