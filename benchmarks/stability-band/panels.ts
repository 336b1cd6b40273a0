import type { Plan, RunRecord } from '../src/recorded/result.js';
import type { Measured } from './execute.js';
import {
  idOf,
  LONG,
  LOSSES,
  learningRates,
  NORMS,
  RECIPES,
  type Recipe,
  type Settings,
  SHORT,
} from './settings.js';

/** What all recipes of one panel have in common. */
export type Panel = Pick<Settings, 'task' | 'loss' | 'norm' | 'layers' | 'steps'>;

const shallow = (task: Settings['task'], norms: readonly Settings['norm'][]): Panel[] =>
  norms.flatMap((norm) => LOSSES.map((loss) => ({ task, loss, norm, layers: 2, steps: SHORT })));
const DEEP: readonly Panel[] = NORMS.map((norm) => ({
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
export const PANELS: readonly Panel[] = [
  ...shallow('characters', ['none', 'layerNorm', 'convex']),
  ...shallow('modular', ['none', 'layerNorm', 'convex']),
  ...DEEP,
  ...GOES_ON,
];

export const PLANS: readonly Plan<Settings>[] = PANELS.flatMap((panel) =>
  RECIPES.map((recipe) => ({
    id: idOf({ ...panel, recipe }),
    settings: { ...panel, recipe, learningRates: learningRates(panel.steps) },
  })),
);

export type Run = RunRecord<Settings, Measured>;

/** The runs of a recipe in a panel, a seed each. */
export const runsOf = (records: readonly Run[], panel: Panel, recipe: Recipe): Run[] =>
  records.filter(({ id }) => id === idOf({ ...panel, recipe }));

export const NORM_NAMES = { none: 'no norm', layerNorm: 'layer norm', convex: 'convex residuals' } as const;

export const nameOf = ({ task, loss, norm, layers, steps }: Panel): string =>
  `${task}, ${NORM_NAMES[norm]}, ${layers} layers, ${loss}${steps === SHORT ? '' : `, ${steps} steps`}`;

/** What a panel shares with those of other norms. */
export const nameButNorm = ({ task, loss, layers, steps }: Panel): string =>
  `${task}, ${layers} layers, ${loss}, ${steps} steps`;
