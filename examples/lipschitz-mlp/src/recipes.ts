import { modulaMuon, spectralHammer, spectralSoftCap } from '@evenkeel/lipschitz';
import { adamW, type Schedule, TransformOptimizer, warmupCosine } from '@evenkeel/optim';

/** One way to train, and how tightly it can hold the weights. */
export interface Recipe {
  /** What `levels` are. */
  knob: string;
  /** From tight to loose. */
  levels: readonly number[];
  optimizer(level: number, steps: number): TransformOptimizer;
}

/** Peaks of the step size. */
const ADAM_RATE = 2e-3;
/** Muon's is the RMS→RMS norm of an update. */
const MUON_RATE = 0.1;

/** Rises over a twentieth of the run and falls along a cosine. */
const schedule = (peak: number, steps: number): Schedule =>
  warmupCosine({ peak, warmupSteps: Math.ceil(steps / 20), totalSteps: steps });

const adam = (steps: number, weightDecay = 0) =>
  adamW({ learningRate: schedule(ADAM_RATE, steps), weightDecay });
const muon = (steps: number) => modulaMuon({ learningRate: schedule(MUON_RATE, steps) });

/** Caps are RMS→RMS norms of each weight: √(in/out) σ₁. */
const CAPS = [1, 1.5, 2, 3, 5];

/** Recipes by the name they have on the command line. */
export const RECIPES = {
  'adamw+decay': {
    knob: 'weight decay',
    levels: [100, 30, 10, 3, 0],
    optimizer: (decay, steps) => new TransformOptimizer(adam(steps, decay)),
  },
  'adamw+hammer': {
    knob: 'cap',
    levels: CAPS,
    optimizer: (maxNorm, steps) => new TransformOptimizer(adam(steps), spectralHammer({ maxNorm })),
  },
  'muon+hammer': {
    knob: 'cap',
    levels: CAPS,
    optimizer: (maxNorm, steps) => new TransformOptimizer(muon(steps), spectralHammer({ maxNorm })),
  },
  'muon+softcap': {
    knob: 'cap',
    levels: CAPS,
    optimizer: (maxNorm, steps) => new TransformOptimizer(muon(steps), spectralSoftCap({ maxNorm })),
  },
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;
export const RECIPE_NAMES = Object.keys(RECIPES) as RecipeName[];
