import * as Plot from '@observablehq/plot';
import { eachSeed, mean, percent, seedsOf, spread, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Result, RunRecord } from '../src/recorded/result.js';
import { COLOURS, legend, svg } from '../src/recorded/svg.js';
import { markdownTable } from '../src/recorded/table.js';
import { execute, type Measured } from './execute.js';
import { ATTACK_RADII, BOUNDS } from './measure.js';
import {
  BESIDE,
  BUDGETS,
  CHANGES,
  idOf,
  LONGER_RATES,
  PLANS,
  RATES,
  ROWS,
  type Row,
  SMALL_BUDGET,
} from './plans.js';
import type { Settings } from './settings.js';

export const lipschitzShakespeare: Result<Settings, Measured> = {
  name: 'lipschitz-shakespeare',
  title: 'Transformers with a Lipschitz bound',
  plans: PLANS,
  execute,
  sections: (records) => ({
    frontier: frontierTable(records),
    rescaled: rescaledTable(records),
    changes: smallTable(records, CHANGES),
    rates: smallTable(records, [...RATES, ...BESIDE]),
    longerRates: smallTable(records, LONGER_RATES, BUDGETS[0]),
    activations: activationTable(records),
    robustness: robustnessTable(records),
    time: timeTaken(records),
  }),
  plots: (records) => ({ 'frontier.svg': frontierPlot(records) }),
  headlines,
};

type Run = RunRecord<Settings, Measured>;

/** Each row at each budget that was run, larger budgets first. */
const groups = (records: readonly Run[]) =>
  [...BUDGETS]
    .reverse()
    .flatMap((tokens) =>
      ROWS.map((row) => ({ row, tokens, runs: records.filter(({ id }) => id === idOf(row, tokens)) })).filter(
        ({ runs }) => runs.length > 0,
      ),
    );

/** A column: its name, and what each seed gave. */
type Column = readonly [name: string, show: (measured: Measured) => string];

function tableOf(records: readonly Run[], columns: readonly Column[]): string {
  const rows = groups(records).map(({ row, tokens, runs }) => [
    `${(tokens / 1e6).toFixed(1)} M`,
    row.label,
    ...columns.map(([, show]) => eachSeed(runs, ({ measured }) => show(measured))),
  ]);
  return markdownTable(['characters', 'run', ...columns.map(([name]) => name)], rows);
}

const log10 = (value: number | null): string => (value === null ? 'none' : value.toFixed(2));

const frontierTable = (records: readonly Run[]) =>
  tableOf(records, [
    ['validation loss', (m) => m.validationLoss.toFixed(3)],
    ['accuracy', (m) => percent(m.validationAccuracy)],
    ['log₁₀ L, proven', (m) => log10(m.log10Certificate)],
    ['log₁₀, published formula', (m) => log10(m.log10Published)],
    ['largest embedding, RMS', (m) => m.embeddingRms.toFixed(2)],
    ['gain found', (m) => m.found.toPrecision(2)],
  ]);

/** The same predictions at other bounds. */
const rescaledTable = (records: readonly Run[]) =>
  tableOf(
    records.filter(({ measured }) => measured.lossAtBounds !== null),
    [
      ['accuracy at each of them', (m) => percent(m.validationAccuracy)],
      ...BOUNDS.map((bound, i): Column => [`loss at L = ${bound}`, (m) => m.lossAtBounds![i].toFixed(2)]),
    ],
  );

function smallTable(records: readonly Run[], list: readonly Row[], tokens = SMALL_BUDGET): string {
  const rows = list.flatMap((row) => {
    const runs = records.filter(({ id }) => id === idOf(row, tokens));
    if (runs.length === 0) return [];
    return [
      [
        row.label,
        eachSeed(runs, ({ measured }) => measured.validationLoss.toFixed(3)),
        eachSeed(runs, ({ measured }) => percent(measured.validationAccuracy)),
        eachSeed(runs, ({ measured }) => log10(measured.log10Certificate)),
        eachSeed(runs, ({ measured }) => measured.found.toPrecision(2)),
      ],
    ];
  });
  return markdownTable(['run', 'validation loss', 'accuracy', 'log₁₀ L, proven', 'gain found'], rows);
}

const activationTable = (records: readonly Run[]) =>
  tableOf(records, [
    ['largest activation', (m) => m.largestActivation.toFixed(1)],
    ['activations that fp8 (e4m3) holds', (m) => percent(m.fp8Activations)],
    ['accuracy in fp8', (m) => percent(m.fp8Accuracy)],
    ['the same text in float32', (m) => percent(m.sameBatchesAccuracy)],
  ]);

const robustnessTable = (records: readonly Run[]) =>
  tableOf(records, [
    [
      'certified radius, median',
      (m) => (m.certifiedRadius === null ? 'none' : m.certifiedRadius.toExponential(1)),
    ],
    ...ATTACK_RADII.map(
      (radius, i): Column => [`accuracy, attack of ${radius}`, (m) => percent(m.attacked[i], 0)],
    ),
  ]);

const inWords = (tokens: number): string => `${(tokens / 1e6).toFixed(1)} M characters`;

/** One for each budget, in their order. */
const SYMBOLS = ['circle', 'square', 'plus', 'times', 'star'];

/** The families of rows that share a colour. */
const familyOf = ({ settings: { choices, optimizer } }: Row): string =>
  choices.scoreBias ? 'ours, Muon' : `published, ${optimizer === 'muon' ? 'Muon' : 'AdamW'}`;

function frontierPlot(records: readonly Run[]): string {
  const points = groups(records).flatMap(({ row, tokens, runs }) =>
    runs
      .filter(({ measured }) => measured.log10Certificate !== null)
      .map(({ measured }) => ({
        family: familyOf(row),
        budget: inWords(tokens),
        log10L: measured.log10Certificate!,
        loss: measured.validationLoss,
      })),
  );
  const gpt = groups(records)
    .filter(({ row }) => row.name === 'gpt-adamw')
    .map(({ tokens, runs }) => ({
      budget: inWords(tokens),
      loss: mean(runs.map(({ measured }) => measured.validationLoss)),
    }));
  const families = [...new Set(ROWS.map(familyOf))].filter((family) =>
    points.some((point) => point.family === family),
  );
  const budgets = BUDGETS.map(inWords).filter((budget) => points.some((point) => point.budget === budget));
  return svg({
    x: { label: 'log₁₀ of the proven Lipschitz bound' },
    y: { grid: true, label: 'validation loss, nats', zero: false },
    symbol: { domain: budgets, range: SYMBOLS, legend: false },
    color: { domain: families, range: COLOURS },
    marginRight: 130,
    marks: [
      Plot.ruleY(gpt, { y: 'loss', strokeDasharray: '4 3' }),
      Plot.text(gpt, {
        y: 'loss',
        text: ({ budget }) => `GPT-2, ${budget}`,
        frameAnchor: 'right',
        dx: 128,
        fontSize: 9,
      }),
      Plot.dot(points, { x: 'log10L', y: 'loss', stroke: 'family', symbol: 'budget', r: 4 }),
      ...legend(families),
      ...budgets.flatMap((budget, i) => {
        const place = { frameAnchor: 'top-right', dy: 14 * (families.length + i + 1) } as const;
        return [
          Plot.dot([budget], { ...place, dx: 13, symbol: [budget], stroke: '#000', r: 4 }),
          Plot.text([budget], {
            ...place,
            dx: 22,
            text: [budget],
            textAnchor: 'start',
            lineAnchor: 'middle',
          }),
        ];
      }),
    ],
  });
}

/** Each budget that was run, smallest first. */
function headlines(records: readonly Run[]): Headline[] {
  const largestBudget = (name: string) => groups(records).find(({ row }) => row.name === name);
  /** Of the longest runs: "55.8 % of characters, L ≤ 5·10⁹, after 12.3 M characters (1 seed)". */
  const show = (name: string): string => {
    const group = largestBudget(name);
    if (!group) return '–';
    const { runs, tokens } = group;
    const accuracy = spread(
      runs.map(({ measured }) => 100 * measured.validationAccuracy),
      1,
    );
    const logs = runs.flatMap(({ measured }) => measured.log10Certificate ?? []);
    const bound = logs.length > 0 ? `proven L ${inPowers(mean(logs))}` : 'no bound';
    return `${accuracy} %, ${bound}, ${inWords(tokens)} (${seedsOf(runs)})`;
  };
  const activation = (name: string) =>
    spread(
      records
        .filter(({ id }) => id === idOf({ name }, BUDGETS[0]))
        .map(({ measured }) => measured.largestActivation),
      0,
    );
  return [
    {
      claim: 'Shakespeare’s characters right, **ours**, cap 1 and c = 3.4',
      published: '60 % at L < 2, by a formula that is no bound, 262 M characters',
      measured: show('ours-cap1-c3.4-linear'),
    },
    { claim: 'the same, c = 12.6', published: '–', measured: show('ours-cap1-c12.6-linear') },
    { claim: 'the same, cap 4 and c = 4', published: '–', measured: show('ours-cap4-c4-max-min-linear') },
    { claim: 'GPT-2 with layer norm and AdamW', published: '–', measured: show('gpt-adamw') },
    {
      claim: 'largest activation, weights capped at 1',
      published: '160',
      measured: activation('muon-cap1'),
    },
    {
      claim: 'the same without a cap, AdamW',
      published: '148 480',
      measured: activation('adamw-free'),
    },
  ];
}

/** 3.2 as it is, 4.9·10⁹ in powers of ten. */
function inPowers(log: number): string {
  if (log < 4) return (10 ** log).toPrecision(2);
  const power = Math.floor(log);
  const digits = [...String(power)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return `${(10 ** (log - power)).toFixed(0)}·10${digits}`;
}
