import type { Plan } from '../src/recorded/result.js';
import type { Settings } from './settings.js';

/** A way to train, whatever the budget. */
export interface Row {
  readonly name: string;
  /** For tables. */
  readonly label: string;
  readonly settings: Omit<Settings, 'tokens'>;
}

const ADAM: Row['settings'] = {
  architecture: 'lipschitz',
  choices: {},
  finalScale: 4,
  optimizer: 'adamw',
  constraint: 'none',
  maxNorm: null,
  learningRate: 0.003,
  weightDecay: 0,
  batchSize: 8,
};
const MUON: Row['settings'] = {
  ...ADAM,
  optimizer: 'muon',
  constraint: 'soft-cap',
  maxNorm: 1,
  // A tenth of cap 1 is well below the 0.3 of it where the soft cap starts to cost; at cap 4 it trains better than 0.2.
  learningRate: 0.1,
  // Head and embedding are capped at 1 whatever the cap of the blocks, and so have a step of their own.
  muon: { momentum: 0.9, tables: 0.02, biases: 0.1 },
};

type Choices = Settings['choices'];

/** What costs no bound: where heads look is learned, the output starts at the frequencies of characters. */
const BIASES: Choices = { scoreBias: true, headBias: true };

/**
 * Goes with caps near 1; from cap 4 on, queries and keys can say something, and the paper's constants and GELU do better.
 * Without scores of queries and keys the bound is on the values alone, which need not be made smaller; MaxMin loses nothing
 * of them.
 */
const BY_POSITION: Choices = {
  ...BIASES,
  activation: 'maxMin',
  attentionScale: 0,
  valueScale: 1,
  residualWeight: 0.5,
};

const ours = (maxNorm: number, finalScale: number, choices: Choices): Row => ({
  name: `ours-cap${maxNorm}-c${finalScale}`,
  label: `**ours**, Muon, cap ${maxNorm} per head, c = ${finalScale}`,
  settings: { ...MUON, maxNorm, choices, constraint: 'soft-cap-per-head', finalScale },
});
const muon = (maxNorm: number): Row => ({
  name: `muon-cap${maxNorm}`,
  label: `published, Muon, cap ${maxNorm}`,
  settings: { ...MUON, maxNorm },
});
const muonPerHead = (maxNorm: number): Row => ({
  name: `muon-cap${maxNorm}-per-head`,
  label: `published, Muon, cap ${maxNorm} per head`,
  settings: { ...MUON, maxNorm, constraint: 'soft-cap-per-head' },
});

/** c is just so low that L stays below 2, 3.5 and 13: at cap 1, L ≤ c but for the soft cap's last percent. */
const STEPS_KEPT: readonly Row[] = [
  {
    name: 'gpt-adamw',
    label: 'GPT-2 with layer norm, AdamW',
    settings: { ...ADAM, architecture: 'gpt2', finalScale: 1, weightDecay: 0.1 },
  },
  ours(1, 1.9, BY_POSITION),
  ours(1, 3.4, BY_POSITION),
  ours(1, 12.6, BY_POSITION),
  ours(1.4, 8, BY_POSITION),
  ours(4, 4, BIASES),
  muon(1),
  muonPerHead(1),
  muon(2),
  muon(4),
  muonPerHead(4),
  {
    name: 'muon-free',
    label: 'published, Muon, no constraint',
    settings: { ...MUON, constraint: 'none', maxNorm: null },
  },
  { name: 'adamw-free', label: 'published, AdamW, no constraint', settings: ADAM },
  { name: 'adamw-decay', label: 'published, AdamW, weight decay 1', settings: { ...ADAM, weightDecay: 1 } },
  {
    name: 'adamw-hammer4',
    label: 'published, AdamW, hammer 4',
    settings: { ...ADAM, constraint: 'hammer', maxNorm: 4 },
  },
];

/**
 * Rows with steps that fall from the start. Kept large, they hold the training loss on a plateau that only their fall
 * ends, and the longer the run, the more is lost on it.
 */
const linear = ({ name, label, settings }: Row, learningRate = settings.learningRate): Row => ({
  name: `${name}-linear`,
  label: `${label}, linear decay`,
  settings: { ...settings, learningRate, decayFrom: 0.05 },
});
const kept = (name: string): Row => STEPS_KEPT.find((row) => row.name === name)!;

/** So trained, MaxMin is better at cap 4 too, and blocks may weigh more. */
const MAX_MIN_AT_CAP_4: Row = {
  name: 'ours-cap4-c4-max-min',
  label: '**ours**, Muon, cap 4 per head, c = 4, MaxMin, residual weight 0.3',
  settings: {
    ...kept('ours-cap4-c4').settings,
    choices: { ...BIASES, activation: 'maxMin', residualWeight: 0.3 },
  },
};

/** For long runs, which read every character a dozen times. */
const WITH_DROPOUT: Row = {
  name: `${MAX_MIN_AT_CAP_4.name}-dropout`,
  label: `${MAX_MIN_AT_CAP_4.label}, dropout 0.05`,
  settings: {
    ...MAX_MIN_AT_CAP_4.settings,
    choices: { ...MAX_MIN_AT_CAP_4.settings.choices, dropout: 0.05 },
  },
};

const STEPS_FALL: readonly Row[] = [
  linear(kept('ours-cap1-c3.4')),
  linear(kept('ours-cap1-c12.6')),
  linear(MAX_MIN_AT_CAP_4, 0.05),
  linear(WITH_DROPOUT, 0.05),
  linear(kept('muon-cap4'), 0.05),
];

/** AdamW loses by it, so that its main row keeps its steps. */
export const ROWS: readonly Row[] = [...STEPS_KEPT, linear(kept('gpt-adamw')), ...STEPS_FALL];

/** What is worth hours. */
const MAIN: readonly Row[] = [kept('gpt-adamw'), kept('adamw-free'), ...STEPS_FALL];

/** Characters trained on; from the second on only the main rows. The published budget is 262 million. */
export const BUDGETS = [1_228_800, 4_096_000, 12_288_000, 16_384_000, 100_352_000];

export const idOf = ({ name }: Pick<Row, 'name'>, tokens: number): string =>
  `${Number((tokens / 1e6).toFixed(1))}M-${name}`;

/** From the published architecture at cap 1 to ours, a change at a time. */
const STEPS: readonly (readonly [name: string, label: string, choices: Choices])[] = [
  ['biases', 'with biases of scores and output', BIASES],
  [
    'constants',
    'score scale 1/4, value scale 2/3, residual weight 0.4',
    { ...BIASES, attentionScale: 0.25 / 32, valueScale: 2 / 3, residualWeight: 0.4 },
  ],
  [
    'max-min',
    'MaxMin for GELU',
    { ...BIASES, activation: 'maxMin', attentionScale: 0.25 / 32, valueScale: 2 / 3, residualWeight: 0.4 },
  ],
  [
    'by-position',
    'score scale 0, value scale 1',
    { ...BIASES, activation: 'maxMin', attentionScale: 0, valueScale: 1, residualWeight: 0.4 },
  ],
  ['residual', 'residual weight 0.5', BY_POSITION],
];

const AT_CAP_1: Row['settings'] = { ...MUON, constraint: 'soft-cap-per-head', finalScale: 3.4 };

/** What each change brings, on a small budget. */
export const CHANGES: readonly Row[] = [
  { name: 'change-none', label: 'published, cap 1 per head, c = 3.4', settings: AT_CAP_1 },
  ...STEPS.map(([name, label, choices]) => ({
    name: `change-${name}`,
    label,
    settings: { ...AT_CAP_1, choices },
  })),
  {
    name: 'change-large-batch',
    label: '16 windows a step for 8',
    settings: { ...AT_CAP_1, choices: BY_POSITION, batchSize: 16 },
  },
];

/** The rates of the rows above and their neighbours: is one of them tuned worse than the others? */
export const RATES: readonly Row[] = [
  ...['gpt-adamw', 'adamw-free'].flatMap((name) => rates(name, [0.001, 0.003, 0.01])),
  ...rates('muon-cap4', [0.05, 0.1, 0.2]),
  ...rates('ours-cap1-c12.6', [0.05, 0.1, 0.2]),
];

/** Steps that are best on a small budget need not be on a larger one. */
export const LONGER_RATES: readonly Row[] = [
  ...rates('gpt-adamw', [0.001, 0.01]),
  ...rates('adamw-free', [0.01]),
];

function rates(name: string, each: readonly number[]): Row[] {
  const { label, settings } = kept(name);
  return each.map((learningRate) => ({
    name: `rate-${name}-${learningRate}`,
    label: `${label}, step ${learningRate}`,
    settings: { ...settings, learningRate },
  }));
}

/** The same for what goes with Muon. */
export const BESIDE: readonly Row[] = ['muon-cap4', 'ours-cap1-c12.6'].flatMap((name) => {
  const { label, settings } = kept(name);
  const other = (key: keyof NonNullable<Settings['muon']>, value: number, what: string): Row => ({
    name: `${key}-${name}-${value}`,
    label: `${label}, ${what} ${value}`,
    settings: { ...settings, muon: { ...settings.muon!, [key]: value } },
  });
  return [
    other('momentum', 0.95, 'momentum'),
    other('tables', 0.005, 'step of head and embedding'),
    other('tables', 0.1, 'step of head and embedding'),
    other('biases', 0.02, 'step of biases'),
  ];
});

/** Of the comparisons of changes and of rates. */
export const SMALL_BUDGET = 204_800;

const plan = (row: Row, tokens: number): Plan<Settings> => ({
  id: idOf(row, tokens),
  settings: { ...row.settings, tokens },
});

export const PLANS: readonly Plan<Settings>[] = [
  ...BUDGETS.flatMap((tokens, i) => (i === 0 ? ROWS : MAIN).map((row) => plan(row, tokens))),
  ...[...CHANGES, ...RATES, ...BESIDE].map((row) => plan(row, SMALL_BUDGET)),
  ...LONGER_RATES.map((row) => plan(row, BUDGETS[0])),
];
