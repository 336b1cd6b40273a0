import * as Plot from '@observablehq/plot';
import { eachSeed, mean, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Plan, Result, RunRecord } from '../src/recorded/result.js';
import { COLOURS, svg } from '../src/recorded/svg.js';
import { markdownTable } from '../src/recorded/table.js';
import { bandWidth } from './band.js';
import { execute, type Measured } from './execute.js';
import {
  idOf,
  LEARNING_RATES,
  LONG,
  LOSSES,
  NORMS,
  RECIPES,
  type Recipe,
  type Settings,
  SHORT,
} from './settings.js';

/** What all recipes of one panel have in common. */
type Panel = Pick<Settings, 'task' | 'loss' | 'norm' | 'layers' | 'steps'>;

const shallow = (task: Settings['task'], norms: readonly Settings['norm'][]): Panel[] =>
  norms.flatMap((norm) => LOSSES.map((loss) => ({ task, loss, norm, layers: 2, steps: SHORT })));
const DEEP: readonly Panel[] = (['none', 'layerNorm'] as const).map((norm) => ({
  task: 'characters',
  loss: 'softmax',
  norm,
  layers: 8,
  steps: SHORT,
}));
const GOES_ON: readonly Panel[] = NORMS.map((norm) => ({
  task: 'characters',
  loss: 'softmax',
  norm,
  layers: 2,
  steps: LONG,
}));
const PANELS: readonly Panel[] = [
  ...shallow('characters', ['none', 'layerNorm', 'convex']),
  ...shallow('modular', ['none', 'layerNorm']),
  ...DEEP,
  ...GOES_ON,
];

const PLANS: readonly Plan<Settings>[] = PANELS.flatMap((panel) =>
  RECIPES.map((recipe) => ({
    id: idOf({ ...panel, recipe }),
    settings: { ...panel, recipe, learningRates: LEARNING_RATES },
  })),
);

/** The share of the way from the first loss to the best that counts as trained. */
const TRAINED = 0.75;

export const stabilityBand: Result<Settings, Measured> = {
  name: 'stability-band',
  title: 'The band of learning rates that train',
  plans: PLANS,
  execute,
  sections: (records) => ({
    widths: widthTable(records),
    across: acrossTable(records),
    losses: lossTable(records),
    time: timeTaken(records),
  }),
  plots: (records) => ({ 'band.svg': bandPlot(records) }),
  headlines,
};

type Run = RunRecord<Settings, Measured>;

const runsOf = (records: readonly Run[], panel: Panel, recipe: Recipe): Run[] =>
  records.filter(({ id }) => id === idOf({ ...panel, recipe }));

const NORM_NAMES = { none: 'no norm', layerNorm: 'layer norm', convex: 'convex residuals' } as const;

const nameOf = ({ task, loss, norm, layers, steps }: Panel): string =>
  `${task}, ${NORM_NAMES[norm]}, ${layers} layers, ${loss}${steps === SHORT ? '' : `, ${steps} steps`}`;

const finite = (losses: readonly (number | null)[]): number[] => losses.filter((loss) => loss !== null);
const bestOf = ({ measured }: Run): number => Math.min(...finite(measured.finalLosses), measured.firstLoss);

/** Decades within reach of a recipe's own best, and of the best of all recipes with the same loss, on the same seed. */
function widths(records: readonly Run[], panel: Panel, run: Run): { own: number; common: number } {
  const rivals = RECIPES.flatMap((recipe) => runsOf(records, panel, recipe)).filter(
    ({ seed }) => seed === run.seed,
  );
  return { own: decades(run, bestOf(run)), common: decades(run, Math.min(...rivals.map(bestOf))) };
}

/** How many decades of rates go most of the way from the first loss to the best. */
function decades({ measured: { firstLoss, finalLosses }, settings }: Run, best: number): number {
  if (best >= firstLoss) return 0;
  return bandWidth(settings.learningRates, finalLosses, firstLoss - TRAINED * (firstLoss - best));
}

/** What a panel shares with those of other norms. */
const nameButNorm = ({ task, loss, layers, steps }: Panel): string =>
  `${task}, ${layers} layers, ${loss}, ${steps} steps`;

/** A recipe with and without norms: the goal is the best loss of all of them on the same task. */
function acrossTable(records: readonly Run[]): string {
  const rows = [...new Set(PANELS.map(nameButNorm))].flatMap((setting) => {
    const panels = PANELS.filter((panel) => nameButNorm(panel) === setting);
    const runs = panels.flatMap((panel) =>
      RECIPES.flatMap((recipe) => runsOf(records, panel, recipe).map((run) => ({ panel, recipe, run }))),
    );
    const goal = (seed: number) =>
      Math.min(...runs.filter(({ run }) => run.seed === seed).map(({ run }) => bestOf(run)));
    return RECIPES.filter((name) => runs.some(({ recipe }) => recipe === name)).map((name) => [
      setting,
      name,
      ...NORMS.map((norm) =>
        eachSeed(
          runs.filter(({ panel, recipe }) => panel.norm === norm && recipe === name),
          ({ run }) => decades(run, goal(run.seed)).toFixed(1),
        ),
      ),
    ]);
  });
  return markdownTable(['setting', 'recipe', ...NORMS.map((norm) => NORM_NAMES[norm])], rows);
}

function widthTable(records: readonly Run[]): string {
  const rows = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) => {
      const runs = runsOf(records, panel, recipe);
      if (runs.length === 0) return [];
      const each = (kind: 'own' | 'common') =>
        eachSeed(runs, (run) => widths(records, panel, run)[kind].toFixed(1));
      return [
        [
          nameOf(panel),
          recipe,
          each('common'),
          wins(records, panel, recipe),
          each('own'),
          eachSeed(runs, (run) => bestOf(run).toFixed(2)),
        ],
      ];
    }),
  );
  return markdownTable(
    ['setting', 'recipe', 'decades, common goal', `wider than ${USUAL}`, 'decades, own best', 'best loss'],
    rows,
  );
}

/** What the project claims to be wider than. */
const USUAL: Recipe = 'adamw+clip';
/** Decades; less than half a step of the sweep tells nothing. */
const GRID = 0.25;

/** On how many seeds a recipe's band is wider than the usual one's: "2 of 3". */
function wins(records: readonly Run[], panel: Panel, recipe: Recipe): string {
  const usual = runsOf(records, panel, USUAL);
  const pairs = runsOf(records, panel, recipe).flatMap((run) => {
    const rival = usual.find(({ seed }) => seed === run.seed);
    return rival ? [[run, rival].map((one) => widths(records, panel, one).common)] : [];
  });
  if (recipe === USUAL || pairs.length === 0) return '–';
  return `${pairs.filter(([ours, theirs]) => ours >= theirs + GRID).length} of ${pairs.length} seeds`;
}

/** Means over seeds, as a check on the widths. */
function lossTable(records: readonly Run[]): string {
  const rows = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) => {
      const runs = runsOf(records, panel, recipe);
      if (runs.length === 0) return [];
      return [
        [
          nameOf(panel),
          recipe,
          ...LEARNING_RATES.map((_, i) => show(runs.map(({ measured }) => measured.finalLosses[i]))),
        ],
      ];
    }),
  );
  const header = ['setting', 'recipe', ...LEARNING_RATES.map((rate) => `10^${Math.log10(rate).toFixed(1)}`)];
  return markdownTable(header, rows);
}

function show(losses: readonly (number | null)[]): string {
  const alive = finite(losses);
  if (alive.length < losses.length) return `lost (${losses.length - alive.length} of ${losses.length})`;
  const average = mean(alive);
  return average < 100 ? average.toFixed(2) : average.toExponential(0);
}

/** Names in their colours, in a corner of the first plot. */
const LEGEND = RECIPES.map((recipe, i) => ({
  ...{ recipe, loss: 'softmax', setting: 'characters, no norm' },
  learningRate: LEARNING_RATES[0],
  share: 0.55 - 0.08 * i,
}));

/** One small plot per setting, a line per recipe and seed; what has diverged is drawn at the top. */
function bandPlot(records: readonly Run[]): string {
  const points = PANELS.filter(({ layers, steps }) => layers === 2 && steps === SHORT).flatMap((panel) =>
    RECIPES.flatMap((recipe) =>
      runsOf(records, panel, recipe).flatMap(({ seed, measured, settings }) =>
        settings.learningRates.map((learningRate, i) => ({
          ...{ recipe, learningRate },
          run: `${recipe} ${seed}`,
          setting: `${panel.task}, ${NORM_NAMES[panel.norm]}`,
          loss: panel.loss,
          share: Math.min(1.2, (measured.finalLosses[i] ?? Infinity) / measured.firstLoss),
        })),
      ),
    ),
  );
  return svg({
    width: 860,
    height: 760,
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

function headlines(records: readonly Run[]): Headline[] {
  const width = (panel: Panel, recipe: Recipe) => {
    const runs = runsOf(records, panel, recipe);
    return `${recipe} ${eachSeed(runs, (run) => widths(records, panel, run).common.toFixed(1))}`;
  };
  const shown: readonly Recipe[] = ['adamw+clip', 'orthograd', 'muon', 'muon+softcap'];
  return NORMS.map((norm) => {
    const panel: Panel = { task: 'characters', loss: 'softmax', norm, layers: 2, steps: SHORT };
    return {
      claim: `characters, ${NORM_NAMES[norm]}, 60 steps: decades of learning rates that reach ${100 * TRAINED} % of the best recipe's progress, of 3`,
      published: '–',
      measured: shown.map((recipe) => width(panel, recipe)).join('; '),
    };
  });
}
