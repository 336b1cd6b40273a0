/** What trains: clipping, ⊥Grad and caps are part of it, the learning rate is swept. */
export const RECIPES = ['adamw', 'adamw+clip', 'orthograd', 'grokadamw', 'muon', 'muon+softcap'] as const;
export type Recipe = (typeof RECIPES)[number];

export const LOSSES = ['softmax', 'stablemax'] as const;
/** GPT-2 with its norms, without them, or in their place the convex residuals of the Lipschitz transformer, without biases. */
export const NORMS = ['layerNorm', 'none', 'convex'] as const;

/** Steps of a run: most sweeps are short, a few show how it goes on. */
export const SHORT = 60;
export const LONG = 300;

/** Three decades, two steps to each; five for long runs, in which smaller steps get somewhere. */
const POWERS: Readonly<Record<number, readonly [number, number]>> = { [SHORT]: [-3, 0], [LONG]: [-4, 1] };

/** How wide a sweep is. */
export const decadesOf = (steps: number): number => POWERS[steps][1] - POWERS[steps][0];

export const learningRates = (steps: number): number[] =>
  Array.from({ length: 2 * decadesOf(steps) + 1 }, (_, i) => 10 ** (POWERS[steps][0] + i / 2));

/** Everything that decides a sweep, apart from text and seed. */
export interface Settings {
  task: 'characters' | 'modular';
  recipe: Recipe;
  loss: (typeof LOSSES)[number];
  norm: (typeof NORMS)[number];
  layers: number;
  learningRates: readonly number[];
  steps: number;
}

/** Tells a sweep from the others in tables and file names. */
export const idOf = ({ task, recipe, loss, norm, layers, steps }: Omit<Settings, 'learningRates'>): string =>
  `${task}-${norm}-${layers}-${loss}-${recipe}${steps === SHORT ? '' : `-${steps}-steps`}`;
