import type { LossName, Settings } from '../src/full-batch/settings.js';
import type { Plan } from '../src/recorded/result.js';

/** The paper's setting in which AdamW alone does not generalise and ⊥Grad does. */
const PUBLISHED: Settings = {
  task: { kind: 'modular', operation: 'add', modulus: 113, trainFraction: 0.4 },
  network: { kind: 'mlp', hidden: [200, 200] },
  loss: 'softmax',
  optimizer: 'adamw',
  learningRate: 0.01,
  beta2: 0.99,
  epsilon: 1e-25,
  weightDecay: 0,
  epochs: 300,
  threshold: 0.99,
  stopsThere: false,
  kernels: 'evenkeel',
};

/** The setting in which StableMax generalises without regularisation. */
const SMALL: Settings = {
  ...PUBLISHED,
  task: { kind: 'modular', operation: 'add', modulus: 37, trainFraction: 0.8 },
  network: { kind: 'mlp', hidden: [400] },
  learningRate: 0.03,
  beta2: 0.95,
  epochs: 1000,
  threshold: 0.95,
};

const TRANSFORMER: Settings = {
  ...PUBLISHED,
  task: { kind: 'modular', operation: 'add', modulus: 59, trainFraction: 0.5 },
  network: { kind: 'transformer', layers: 1, heads: 4, width: 128 },
  learningRate: 0.001,
  beta2: 0.98,
};

const PARITY: Settings = {
  ...PUBLISHED,
  task: { kind: 'parity', bits: 40, parityBits: 3, examples: 2000, trainFraction: 0.5 },
  learningRate: 0.003,
  epochs: 1000,
};

export const LOSSES: readonly LossName[] = ['softmax', 'softmax-float64', 'stablemax'];

/** Each loss gets the same sweep, so that none is tuned better than the others. */
export const LEARNING_RATES = [0.003, 0.01, 0.03, 0.1];

const plan = (id: string, base: Settings, changes: Partial<Settings> = {}): Plan<Settings> => ({
  id,
  settings: { ...base, ...changes },
});

/** The same change for each loss. */
const forEachLoss = (id: string, changes: Partial<Settings>): Plan<Settings>[] =>
  LOSSES.map((loss) => plan(`${id}-${loss}`, SMALL, { ...changes, loss }));

const published: Plan<Settings>[] = [
  plan('published-adamw', PUBLISHED),
  plan('published-adamw-decay', PUBLISHED, { weightDecay: 0.1 }),
  plan('published-orthograd', PUBLISHED, { optimizer: 'orthograd' }),
  plan('published-stablemax', PUBLISHED, { loss: 'stablemax' }),
];

const small = LEARNING_RATES.flatMap((learningRate) =>
  forEachLoss(`small-lr${learningRate}`, { learningRate }),
);

/** Low rates are slow: whether they generalise is seen later. */
export const LOW_RATES = [0.001, 0.003, 0.01];
export const LONG = 4000;
const long = LOW_RATES.flatMap((learningRate) =>
  forEachLoss(`long-lr${learningRate}`, { learningRate, epochs: LONG }),
);

const around: Plan<Settings>[] = [
  ...forEachLoss('around-beta2-0.99', { beta2: 0.99 }),
  ...forEachLoss('around-beta2-0.999', { beta2: 0.999 }),
  ...forEachLoss('around-width-200', { network: { kind: 'mlp', hidden: [200] } }),
  ...forEachLoss('around-fraction-0.6', {
    task: { kind: 'modular', operation: 'add', modulus: 37, trainFraction: 0.6 },
  }),
  ...forEachLoss('around-p47', {
    task: { kind: 'modular', operation: 'add', modulus: 47, trainFraction: 0.8 },
  }),
];

const otherTasks: Plan<Settings>[] = [
  plan('multiply-adamw', PUBLISHED, multiplied('adamw')),
  plan('multiply-orthograd', PUBLISHED, multiplied('orthograd')),
  ...(['softmax', 'stablemax'] as const).map((loss) =>
    plan(`multiply-small-${loss}`, SMALL, {
      loss,
      task: { kind: 'modular', operation: 'multiply', modulus: 37, trainFraction: 0.8 },
    }),
  ),
  plan('parity-adamw', PARITY),
  plan('parity-orthograd', PARITY, { optimizer: 'orthograd' }),
  plan('parity-stablemax', PARITY, { loss: 'stablemax' }),
  ...transformer('transformer', {}),
  // The rate above is too low to fit the training pairs in 300 epochs.
  ...transformer('transformer-lr0.01', { learningRate: 0.01, epochs: 600, stopsThere: true }),
];

function transformer(id: string, changes: Partial<Settings>): Plan<Settings>[] {
  return [
    plan(`${id}-adamw`, TRANSFORMER, changes),
    plan(`${id}-orthograd`, TRANSFORMER, { ...changes, optimizer: 'orthograd' }),
    plan(`${id}-stablemax`, TRANSFORMER, { ...changes, loss: 'stablemax' }),
  ];
}

function multiplied(optimizer: Settings['optimizer']): Partial<Settings> {
  return { optimizer, task: { kind: 'modular', operation: 'multiply', modulus: 113, trainFraction: 0.4 } };
}

/** How far a float32 softmax collapses hangs on its last digit, so on the kernels. */
const stock = (['softmax', 'stablemax'] as const).map((loss) =>
  plan(`around-tfjs-kernels-${loss}`, SMALL, { loss, kernels: 'tfjs' }),
);

/** Far beyond the epochs in which it is known not to grok: how it goes on. */
const trend: Plan<Settings>[] = [plan('trend-stablemax', PUBLISHED, { loss: 'stablemax', epochs: 2000 })];

export const PLANS: readonly Plan<Settings>[] = [
  ...published,
  ...small,
  ...long,
  ...around,
  ...stock,
  ...otherTasks,
  ...trend,
];
