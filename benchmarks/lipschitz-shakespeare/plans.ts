import type { Plan } from '../src/recorded/result.js';
import type { Settings } from './settings.js';

/** A way to train, whatever the budget. */
export interface Row {
  readonly name: string;
  /** For tables. */
  readonly label: string;
  readonly settings: Omit<Settings, 'tokens'>;
}

const MUON: Row['settings'] = {
  model: 'published',
  finalScale: 4,
  optimizer: 'muon',
  constraint: 'soft-cap',
  maxNorm: 1,
  learningRate: 0.1,
  weightDecay: 0,
};
const ADAM: Row['settings'] = {
  ...MUON,
  optimizer: 'adamw',
  constraint: 'none',
  maxNorm: null,
  learningRate: 0.003,
};

/** A tenth of the cap is well below 0.3 of it, where the soft cap starts to cost. */
const capped = (maxNorm: number): Partial<Settings> => ({
  maxNorm,
  learningRate: Math.min(0.1 * maxNorm, 0.2),
});

const bounded = (maxNorm: number, finalScale: number): Row => ({
  name: `bounded-cap${maxNorm}-c${finalScale}`,
  label: `**ours**: Muon, cap ${maxNorm} per head, c = ${finalScale}`,
  settings: { ...MUON, ...capped(maxNorm), model: 'bounded', constraint: 'soft-cap-per-head', finalScale },
});
const muon = (maxNorm: number): Row => ({
  name: `muon-cap${maxNorm}`,
  label: `published, Muon, cap ${maxNorm}`,
  settings: { ...MUON, ...capped(maxNorm) },
});
const muonPerHead = (maxNorm: number): Row => ({
  name: `muon-cap${maxNorm}-per-head`,
  label: `published, Muon, cap ${maxNorm} per head`,
  settings: { ...MUON, ...capped(maxNorm), constraint: 'soft-cap-per-head' },
});

export const ROWS: readonly Row[] = [
  {
    name: 'gpt-adamw',
    label: 'GPT-2 with layer norm, AdamW',
    settings: { ...ADAM, model: 'gpt', finalScale: 1, weightDecay: 0.1 },
  },
  bounded(1, 4),
  bounded(1, 16),
  bounded(1.4, 8),
  muon(1),
  muon(4),
  muonPerHead(4),
  { name: 'adamw-free', label: 'published, AdamW, no constraint', settings: ADAM },
  { name: 'adamw-decay', label: 'published, AdamW, weight decay 1', settings: { ...ADAM, weightDecay: 1 } },
  {
    name: 'adamw-hammer4',
    label: 'published, AdamW, hammer 4',
    settings: { ...ADAM, constraint: 'hammer', maxNorm: 4 },
  },
  {
    name: 'muon-free',
    label: 'published, Muon, no constraint',
    settings: { ...MUON, constraint: 'none', maxNorm: null, learningRate: 0.2 },
  },
  muon(2),
  muon(6),
  muonPerHead(1),
  bounded(2, 8),
];

/** Characters trained on. The published budget is 262 million. */
export const BUDGETS = [204_800, 1_228_800, 12_288_000, 100_352_000];

export const idOf = (row: Row, tokens: number): string =>
  `${tokens < 1e6 ? `${Math.round(tokens / 1000)}k` : `${Number((tokens / 1e6).toFixed(1))}M`}-${row.name}`;

export const PLANS: readonly Plan<Settings>[] = BUDGETS.flatMap((tokens) =>
  ROWS.map((row) => ({ id: idOf(row, tokens), settings: { ...row.settings, tokens } })),
);
