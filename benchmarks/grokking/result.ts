import { executeFullBatch, type Measured } from '../src/full-batch/execute.js';
import { accuracyPlot, fullBatchTable, generalisedAt } from '../src/full-batch/report.js';
import type { Settings } from '../src/full-batch/settings.js';
import { byId, eachSeed, percent, seedsOf, spread, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Result, RunRecord } from '../src/recorded/result.js';
import { markdownTable } from '../src/recorded/table.js';
import { LEARNING_RATES, LONG, LOSSES, LOW_RATES, PLANS } from './plans.js';

type Run = RunRecord<Settings, Measured>;

const TASKS = ['multiply', 'parity', 'transformer'];

export const grokking: Result<Settings, Measured> = {
  name: 'grokking',
  title: 'Grokking at the edge of numerical stability',
  plans: PLANS,
  execute: executeFullBatch,
  sections: (records) => ({
    published: fullBatchTable(chosen(records, /^(published|trend)-/)),
    sweep: sweepTable(records),
    around: fullBatchTable(chosen(records, /^around-/)),
    tasks: fullBatchTable(chosen(records, new RegExp(`^(${TASKS.join('|')})-`))),
    time: timeTaken(records),
  }),
  plots: (records) => ({
    'published.svg': accuracyPlot(chosen(records, /^published-/), 'published-'),
    'small.svg': accuracyPlot(chosen(records, /^small-lr0.03-/), 'small-lr0.03-'),
    'collapse.svg': accuracyPlot(chosen(records, /^small-lr0.03-/), 'small-lr0.03-', 'collapse'),
  }),
  headlines,
};

const chosen = (records: readonly Run[], pattern: RegExp) =>
  byId(
    records,
    PLANS.map(({ id }) => id).filter((id) => pattern.test(id)),
  );

/** When each loss generalises at each learning rate, for the fairness of the comparison. */
function sweepTable(records: readonly Run[]): string {
  const sweep = (name: string, rates: readonly number[], epochs: number) =>
    rates.flatMap((rate) =>
      LOSSES.flatMap((loss) => {
        const runs = records.filter(({ id }) => id === `${name}-lr${rate}-${loss}`);
        const row = [eachSeed(runs, generalisedAt), best(runs), collapse(runs)];
        return runs.length > 0 ? [[`${rate}`, `${epochs}`, loss, ...row]] : [];
      }),
    );
  return markdownTable(
    [
      ...['learning rate', 'epochs', 'loss', 'test ≥ 95 % at epoch', 'best test accuracy'],
      'largest collapse (float32)',
    ],
    [...sweep('small', LEARNING_RATES, 1000), ...sweep('long', LOW_RATES, LONG)],
  );
}

const best = (runs: readonly Run[]) => eachSeed(runs, ({ measured }) => percent(measured.bestTestAccuracy));
const collapse = (runs: readonly Run[]) =>
  eachSeed(runs, ({ measured }) => percent(measured.largestCollapse));

function headlines(records: readonly Run[]): Headline[] {
  const of = (id: string) => records.filter((record) => record.id === id);
  /** "after 130 ± 36 epochs", or that it did not come to pass. */
  const when = (id: string): string => {
    const runs = of(id);
    const epochs = runs.flatMap(({ measured }) => measured.generalisedAt ?? []);
    if (runs.length === 0) return '–';
    if (epochs.length === 0) return `not within ${runs[0].settings.epochs} epochs (${seedsOf(runs)})`;
    const all = epochs.length === runs.length ? '' : ` in ${epochs.length} of ${runs.length} runs`;
    return `after ${spread(epochs)} epochs${all}`;
  };
  const collapsed = spread(
    of('small-lr0.03-softmax').map(({ measured }) => 100 * measured.largestCollapse),
    1,
  );
  return [
    {
      claim: '**⊥Grad**: 99 % of unseen pairs right, a + b mod 113',
      published: 'within 300 epochs',
      measured: when('published-orthograd'),
    },
    {
      claim: 'the same without ⊥Grad',
      published: 'not within 300 epochs',
      measured: when('published-adamw'),
    },
    {
      claim: '**StableMax**, no weight decay: 95 % of unseen pairs right, a + b mod 37',
      published: 'generalises (p = 113, 80 000 epochs)',
      measured: when('small-lr0.03-stablemax'),
    },
    {
      claim: 'the same with softmax in float32',
      published: 'collapses',
      measured: `${when('small-lr0.03-softmax')}; gradients of ${collapsed} % of examples vanish`,
    },
    {
      claim: 'the same at softmax’s best learning rate, four times as long',
      published: '–',
      measured: when('long-lr0.01-softmax'),
    },
  ];
}
