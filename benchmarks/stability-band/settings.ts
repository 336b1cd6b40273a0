/** What trains: clipping, ⊥Grad and caps are part of it, the learning rate is swept. */
export const RECIPES = ['adamw', 'adamw+clip', 'orthograd', 'grokadamw', 'muon', 'muon+softcap'] as const;
export type Recipe = (typeof RECIPES)[number];

export const LOSSES = ['softmax', 'stablemax'] as const;
/** GPT-2 with its norms, without them, or in their place the convex residuals of the Lipschitz transformer, without biases. */
export const NORMS = ['layerNorm', 'none', 'convex'] as const;

/** Three decades, two steps to each. */
export const LEARNING_RATES = [-3, -2.5, -2, -1.5, -1, -0.5, 0].map((power) => 10 ** power);

/** Steps of a run: most sweeps are short, a few show how it goes on. */
export const SHORT = 60;
export const LONG = 300;

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
