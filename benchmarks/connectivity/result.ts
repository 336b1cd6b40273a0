import * as Plot from '@observablehq/plot';
import { eachSeed, spread, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Plan, Result, RunRecord } from '../src/recorded/result.js';
import { COLOURS, legend, svg } from '../src/recorded/svg.js';
import { markdownTable } from '../src/recorded/table.js';
import { execute, type Fork, type Measured } from './execute.js';
import type { Settings } from './settings.js';

const SETTINGS: Settings = {
  preset: 'tiny',
  steps: 1000,
  forks: [0, 0.1, 0.5],
  fineTune: 0.5,
  batchSize: 32,
  learningRate: 0.001,
  alphas: 11,
  measured: 4096,
};

const PLANS: readonly Plan<Settings>[] = [
  { id: 'steps-1000', settings: SETTINGS },
  { id: 'steps-5000', settings: { ...SETTINGS, steps: 5000 } },
  // As published.
  { id: 'steps-20000', settings: { ...SETTINGS, steps: 20_000 } },
];

export const connectivity: Result<Settings, Measured> = {
  name: 'connectivity',
  title: 'Linear mode connectivity',
  plans: PLANS,
  execute,
  sections: (records) => ({ barriers: barrierTable(records), time: timeTaken(records) }),
  plots: (records) => ({ 'barrier.svg': barrierPlot(records), 'path.svg': pathPlot(records) }),
  headlines,
};

type Run = RunRecord<Settings, Measured>;

/** Forks of a run with their names, the one from the trained model last. */
const named = ({ settings, measured }: Run): { name: string; fork: Fork }[] => [
  ...measured.forks.map((fork, i) => ({ name: nameOf(settings.forks[i]), fork })),
  { name: 'trained model', fork: measured.fromCheckpoint },
];

const nameOf = (share: number): string => (share === 0 ? 'start' : `${100 * share} % of training`);

/** Longest runs first. */
const plansRun = (records: readonly Run[]) =>
  PLANS.map(({ id }) => records.filter((record) => record.id === id))
    .filter((runs) => runs.length > 0)
    .reverse();

const barrierOf = ({ path }: Fork) => path.barriers.validation.loss;

/** How far the path rises above its higher end. A barrier without it is only the difference between the twins. */
function bumpOf({ path }: Fork): number {
  const losses = path.values.validation.loss;
  return Math.max(...losses) - Math.max(losses[0], losses.at(-1)!);
}

function barrierTable(records: readonly Run[]): string {
  const rows = plansRun(records).flatMap((runs) =>
    named(runs[0]).map(({ name }, i) => {
      const each = (show: (fork: Fork) => string) => eachSeed(runs, (run) => show(named(run)[i].fork));
      return [
        String(runs[0].settings.steps),
        name,
        each((fork) => barrierOf(fork).toFixed(3)),
        each((fork) => bumpOf(fork).toFixed(3)),
        each(({ path }) => path.barriers.validation.error.toFixed(3)),
        each(({ path }) =>
          ((path.values.validation.loss[0] + path.values.validation.loss.at(-1)!) / 2).toFixed(3),
        ),
        each(({ path }) => path.atMean.validation.loss.toFixed(3)),
        each(({ path }) => path.distance.toFixed(1)),
      ];
    }),
  );
  return markdownTable(
    [
      'steps',
      'forked from',
      'barrier (loss)',
      'above the worse twin',
      'barrier (error)',
      'loss of the twins',
      'loss of their mean',
      'distance',
    ],
    rows,
  );
}

function barrierPlot(records: readonly Run[]): string {
  const runs = plansRun(records)[0] ?? [];
  const points = runs.flatMap((run) =>
    named(run).map(({ fork }) => ({
      seed: `seed ${run.seed}`,
      fromStep: fork.fromStep,
      value: barrierOf(fork),
    })),
  );
  const seeds = [...new Set(points.map(({ seed }) => seed))];
  return svg({
    x: { label: 'twins forked after steps' },
    y: { grid: true, label: 'barrier on unseen text, nats' },
    color: { domain: seeds, range: COLOURS },
    marginRight: 70,
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(points, { x: 'fromStep', y: 'value', stroke: 'seed' }),
      Plot.dot(points, { x: 'fromStep', y: 'value', fill: 'seed' }),
      ...legend(seeds),
    ],
  });
}

/** The paths of the longest runs' first seed. */
function pathPlot(records: readonly Run[]): string {
  const [run] = plansRun(records)[0] ?? [];
  const points = run
    ? named(run).flatMap(({ name, fork: { path } }) =>
        path.alphas.map((alpha, i) => ({ name, alpha, value: path.values.validation.loss[i] })),
      )
    : [];
  const names = [...new Set(points.map(({ name }) => name))];
  return svg({
    x: { label: 'α, from one twin to the other' },
    y: { grid: true, label: 'loss on unseen text, nats' },
    color: { domain: names, range: COLOURS },
    marginRight: 130,
    marks: [Plot.lineY(points, { x: 'alpha', y: 'value', stroke: 'name' }), ...legend(names)],
  });
}

/** Of the longest runs with three seeds. */
function headlines(records: readonly Run[]): Headline[] {
  const all = plansRun(records);
  const runs = all.find(({ length }) => length >= 3) ?? all[0] ?? [];
  const barrier = (i: number) =>
    `${spread(
      runs.map((run) => barrierOf(named(run)[i].fork)),
      3,
    )} nats`;
  return [
    {
      claim: `barrier between twins that part at the start (\`tiny\` preset, ${(runs[0]?.settings.steps ?? 0).toLocaleString('en')} steps)`,
      published: 'unstable',
      measured: barrier(0),
    },
    { claim: 'the same, after 10 % of training', published: '–', measured: barrier(1) },
    { claim: 'the same, from the trained model', published: 'connected', measured: barrier(3) },
  ];
}
