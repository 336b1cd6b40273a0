import * as Plot from '@observablehq/plot';
import { COLOURS, svg } from '../src/recorded/svg.js';
import { NORM_NAMES, PANELS, type Panel, type Run, runsOf } from './panels.js';
import { LONG, learningRates, NORMS, RECIPES, SHORT } from './settings.js';

/** A column of the plot, in up to three lines. */
const taskOf = ({ task, loss, layers, steps }: Panel): string => {
  const unusual = [layers === 2 ? '' : `${layers} layers`, steps === SHORT ? '' : `${steps} steps`];
  return [task, loss, unusual.filter(Boolean).join(', ')].join('\n');
};
const TASKS = [...new Set(PANELS.map(taskOf))];

/** Names in their colours, in a corner of the first small plot, where no line is. */
const LEGEND = RECIPES.map((recipe, i) => ({
  ...{ recipe, task: TASKS[0], norm: NORM_NAMES[NORMS[0]] },
  learningRate: learningRates(LONG)[0],
  share: 0.52 - 0.1 * i,
}));

/** A column per task, a row per norm, a line per recipe and seed; what has diverged is drawn at the top. */
export function bandPlot(records: readonly Run[]): string {
  const points = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) =>
      runsOf(records, panel, recipe).flatMap(({ seed, measured, settings }) =>
        settings.learningRates.map((learningRate, i) => ({
          ...{ recipe, learningRate },
          run: `${recipe} ${seed}`,
          task: taskOf(panel),
          norm: NORM_NAMES[panel.norm],
          share: Math.min(1.2, (measured.finalLosses[i] ?? Infinity) / measured.firstLoss),
        })),
      ),
    ),
  );
  const channels = { fx: 'task', fy: 'norm', x: 'learningRate', y: 'share' };
  return svg({
    width: 1200,
    height: 620,
    marginTop: 60,
    marginRight: 110,
    x: { type: 'log', label: 'learning rate', ticks: [0.001, 0.1, 10], tickFormat: '~e' },
    y: { label: 'final loss / first loss', grid: true, domain: [0, 1.2], ticks: 4 },
    // Their names are drawn below, in lines.
    fx: { label: null, axis: null, domain: TASKS },
    fy: { label: null, domain: NORMS.map((norm) => NORM_NAMES[norm]) },
    color: { domain: RECIPES, range: COLOURS, legend: false },
    marks: [
      Plot.frame({ stroke: '#ccc' }),
      Plot.text(TASKS, {
        ...{ fx: (task) => task, fy: () => NORM_NAMES[NORMS[0]], text: (task) => task },
        ...{ frameAnchor: 'top', lineAnchor: 'bottom', dy: -6 },
      }),
      Plot.lineY(points, { ...channels, z: 'run', stroke: 'recipe', strokeOpacity: 0.8 }),
      Plot.text(LEGEND, { ...channels, text: 'recipe', fill: 'recipe', textAnchor: 'start', dx: 4 }),
    ],
  });
}
