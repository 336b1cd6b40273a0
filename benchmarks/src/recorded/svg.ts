import { svgOf } from '@evenkeel/example-common/svg';
import * as Plot from '@observablehq/plot';

/** A plot as a standalone SVG, readable on white and on black. */
export const svg = (options: Plot.PlotOptions): string =>
  svgOf(
    {
      width: 640,
      height: 360,
      marginLeft: 52,
      marginRight: 20,
      ...options,
      figure: false,
    } as Plot.PlotOptions,
    'background: white',
  );

/** Colours that stay apart for colour-blind readers. */
export const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#999999',
];

/** Names in their colours, below each other in the right margin, which has to be wide enough. */
export const legend = (names: readonly string[], colours: readonly string[] = COLOURS): Plot.Markish[] =>
  names.map((name, i) =>
    Plot.text([name], {
      frameAnchor: 'top-right',
      textAnchor: 'start',
      text: (text) => text,
      fill: colours[i],
      dx: 8,
      dy: 14 * i,
    }),
  );
