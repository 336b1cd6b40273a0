import type { Path } from '@evenkeel/mode-connectivity';
import * as Plot from '@observablehq/plot';
import { byId, spread, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Plan, Result, RunRecord } from '../src/recorded/result.js';
import { COLOURS, legend, svg } from '../src/recorded/svg.js';
import { markdownTable } from '../src/recorded/table.js';
import { execute, type Measured, type Pair } from './execute.js';
import type { Settings } from './settings.js';

const PLANS: readonly Plan<Settings>[] = [32, 64, 128].map((width) => ({
  id: `width-${width}`,
  settings: {
    preset: 'tiny',
    width,
    steps: 1000,
    batchSize: 32,
    learningRate: 0.001,
    alphas: 11,
    measured: 4096,
  },
}));

export const alignment: Result<Settings, Measured> = {
  name: 'alignment',
  title: 'Alignment of twins',
  plans: PLANS,
  execute,
  sections: (records) => ({ barriers: barrierTable(records), time: timeTaken(records) }),
  plots: (records) => ({ 'barrier.svg': barrierPlot(records) }),
  headlines,
};

type Run = RunRecord<Settings, Measured>;

const STARTS = [
  ['sameStart', 'the same weights'],
  ['otherStart', 'other weights'],
] as const;
const ORDERS = [
  ['apart', 'as they are'],
  ['byWeights', 'aligned by weights'],
  ['byActivations', 'aligned by activations'],
] as const;

const barrierOf = (path: Path) => path.barriers.validation.loss;

const plansRun = (records: readonly Run[]) =>
  byId(
    records,
    PLANS.map(({ id }) => id),
  );

function barrierTable(records: readonly Run[]): string {
  const rows = plansRun(records).flatMap(({ runs }) =>
    STARTS.map(([start, words]) => [
      String(runs[0].settings.width),
      words,
      ...ORDERS.map(([order]) =>
        spread(
          runs.map(({ measured }) => barrierOf(measured[start][order])),
          3,
        ),
      ),
    ]),
  );
  return markdownTable(['width', 'twins began with', ...ORDERS.map(([, words]) => words)], rows);
}

function barrierPlot(records: readonly Run[]): string {
  const points = plansRun(records).flatMap(({ runs }) =>
    runs.flatMap(({ settings, measured }) =>
      STARTS.flatMap(([start, beginning]) =>
        ORDERS.map(([order, words]) => ({
          width: settings.width,
          name: `${beginning}, ${words}`,
          value: barrierOf((measured[start] as Pair)[order]),
        })),
      ),
    ),
  );
  const names = [...new Set(points.map(({ name }) => name))];
  return svg({
    x: {
      label: 'width',
      type: 'log',
      base: 2,
      ticks: PLANS.map(({ settings }) => settings.width),
      tickFormat: 'd',
    },
    y: { grid: true, label: 'barrier on unseen text, nats' },
    color: { domain: names, range: COLOURS },
    marginRight: 230,
    marks: [
      Plot.ruleY([0]),
      Plot.line(
        points,
        Plot.groupX({ y: 'mean' }, { x: 'width', y: 'value', stroke: 'name' } as object) as object,
      ),
      Plot.dot(points, { x: 'width', y: 'value', fill: 'name' }),
      ...legend(names),
    ],
  });
}

/** Of the widest models with three seeds. */
function headlines(records: readonly Run[]): Headline[] {
  const widest = plansRun(records)
    .reverse()
    .find(({ runs }) => runs.length >= 3);
  if (!widest) return [];
  const of = (order: (typeof ORDERS)[number][0]) =>
    spread(
      widest.runs.map(({ measured }) => barrierOf(measured.otherStart[order])),
      3,
    );
  return [
    {
      claim: `\`tiny\` preset ${widest.runs[0].settings.width} wide, trained apart: error barrier as they are; aligned by weights, nats`,
      published: 'aligning lowers it, the more the wider',
      measured: `${of('apart')}; ${of('byWeights')}`,
    },
  ];
}
