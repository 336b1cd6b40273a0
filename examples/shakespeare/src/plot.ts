import { svgOf } from '@evenkeel/example-common/svg';
import * as Plot from '@observablehq/plot';

export interface Point {
  step: number;
  loss: number;
}

/** Training and validation loss against steps, as a standalone SVG. */
export function plotLosses(training: readonly Point[], validation: readonly Point[]): string {
  const line = { x: 'step', y: 'loss' } as const;
  return svgOf({
    ...{ width: 640, height: 320, marginLeft: 44, grid: true },
    y: { label: 'nats per character' },
    marks: [
      Plot.lineY(training, { ...line, stroke: '#0072b2', strokeOpacity: 0.5 }),
      Plot.lineY(validation, { ...line, stroke: '#d55e00', strokeWidth: 2 }),
      Plot.dot(validation, { ...line, fill: '#d55e00' }),
      Plot.text(validation.slice(-1), {
        ...line,
        text: ({ loss }) => `validation ${loss.toFixed(3)}`,
        dy: -12,
        textAnchor: 'end',
      }),
    ],
  });
}
