import { executeFullBatch, type Measured } from '../src/full-batch/execute.js';
import { accuracyPlot, fullBatchTable, generalisedAt } from '../src/full-batch/report.js';
import type { Settings } from '../src/full-batch/settings.js';
import { byId, eachSeed, percent, timeTaken } from '../src/recorded/over-seeds.js';
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
  const at = (id: string) => `${eachSeed(of(id), generalisedAt)}; best test accuracy ${best(of(id))}`;
  return [
    {
      claim: 'a + b mod 113, 40 %, MLP 200-200: **⊥Grad** + AdamW, epoch with ≥ 99 % on unseen pairs',
      published: 'within 300',
      measured: at('published-orthograd'),
    },
    { claim: 'the same, AdamW alone', published: 'not within 300', measured: at('published-adamw') },
    {
      claim: 'a + b mod 37, 80 %, MLP 400, no weight decay: **StableMax**, epoch with ≥ 95 %',
      published: 'groks where softmax collapses (p = 113, 80 000 epochs)',
      measured: at('small-lr0.03-stablemax'),
    },
    {
      claim: 'the same, softmax in float32',
      published: 'collapses',
      measured: `${at('small-lr0.03-softmax')}; collapse ${collapse(of('small-lr0.03-softmax'))}`,
    },
    {
      claim: 'the same in 4000 epochs at the rate that suits softmax best, 0.01; in float64 0.003',
      published: '–',
      measured: `${at('long-lr0.01-softmax')}; float64 ${at('long-lr0.003-softmax-float64')}`,
    },
  ];
}
