import * as Plot from '@observablehq/plot';
import { COLOURS, svg } from '../src/recorded/svg.js';
import { NORM_NAMES, PANELS, type Panel, type Run, runsOf } from './panels.js';
import { LEARNING_RATES, RECIPES, SHORT } from './settings.js';

/** Names in their colours, in a corner of the first plot. */
const LEGEND = RECIPES.map((recipe, i) => ({
  ...{ recipe, loss: 'softmax', setting: 'characters, no norm' },
  learningRate: LEARNING_RATES[0],
  share: 0.55 - 0.08 * i,
}));

/** A row of the plot. */
const settingOf = ({ task, norm, layers, steps }: Panel): string =>
  `${task}, ${NORM_NAMES[norm]}${layers === 2 ? '' : `, ${layers} layers`}${steps === SHORT ? '' : `, ${steps} steps`}`;

/** One small plot per setting, a line per recipe and seed; what has diverged is drawn at the top. */
export function bandPlot(records: readonly Run[]): string {
  const points = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) =>
      runsOf(records, panel, recipe).flatMap(({ seed, measured, settings }) =>
        settings.learningRates.map((learningRate, i) => ({
          ...{ recipe, learningRate },
          run: `${recipe} ${seed}`,
          setting: settingOf(panel),
          loss: panel.loss,
          share: Math.min(1.2, (measured.finalLosses[i] ?? Infinity) / measured.firstLoss),
        })),
      ),
    ),
  );
  return svg({
    width: 860,
    height: 1300,
    marginTop: 40,
    marginRight: 130,
    x: { type: 'log', label: 'learning rate', tickFormat: '~e' },
    y: { label: 'final loss / first loss', grid: true, domain: [0, 1.2] },
    fx: { label: null },
    fy: { label: null },
    color: { domain: RECIPES, range: COLOURS, legend: false },
    marks: [
      Plot.frame({ stroke: '#ccc' }),
      Plot.lineY(points, {
        fx: 'loss',
        fy: 'setting',
        x: 'learningRate',
        y: 'share',
        z: 'run',
        stroke: 'recipe',
        strokeOpacity: 0.8,
      }),
      Plot.text(LEGEND, {
        fx: 'loss',
        fy: 'setting',
        x: 'learningRate',
        y: 'share',
        text: 'recipe',
        fill: 'recipe',
        textAnchor: 'start',
      }),
    ],
  });
}
