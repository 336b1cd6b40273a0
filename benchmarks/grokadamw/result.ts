import { executeFullBatch, type Measured } from '../src/full-batch/execute.js';
import { accuracyPlot, generalisedAt } from '../src/full-batch/report.js';
import type { OptimizerName, Settings } from '../src/full-batch/settings.js';
import { byId, eachSeed, mean, percent, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Plan, Result, RunRecord } from '../src/recorded/result.js';
import { markdownTable } from '../src/recorded/table.js';

const OPTIMIZERS: readonly OptimizerName[] = ['adamw', 'grokadamw', 'grokfast-ema', 'grokfast-ma'];
const LEARNING_RATES = [0.003, 0.01];
const DECAYS = [1, 3];

/** Weight decay makes AdamW grok by itself; the question is who is first. */
const PLANS: readonly Plan<Settings>[] = LEARNING_RATES.flatMap((learningRate) =>
  DECAYS.flatMap((weightDecay) =>
    OPTIMIZERS.map((optimizer) => ({
      id: idOf(learningRate, weightDecay, optimizer),
      settings: {
        task: { kind: 'modular', operation: 'add', modulus: 47, trainFraction: 0.6 },
        network: { kind: 'mlp', hidden: [200] },
        loss: 'softmax',
        ...{ optimizer, learningRate, weightDecay },
        beta2: 0.98,
        epsilon: 1e-8,
        epochs: 2000,
        threshold: 0.95,
        stopsThere: true,
        kernels: 'evenkeel',
      },
    })),
  ),
);

function idOf(learningRate: number, weightDecay: number, optimizer: OptimizerName): string {
  return `lr${learningRate}-decay${weightDecay}-${optimizer}`;
}

export const grokadamw: Result<Settings, Measured> = {
  name: 'grokadamw',
  title: 'GrokAdamW and Grokfast',
  plans: PLANS,
  execute: executeFullBatch,
  sections: (records) => ({ steps: stepsTable(records), time: timeTaken(records) }),
  plots: (records) => ({
    'accuracy.svg': accuracyPlot(
      byId(
        records,
        OPTIMIZERS.map((optimizer) => idOf(0.003, 1, optimizer)),
      ),
      'lr0.003-decay1-',
    ),
  }),
  headlines,
};

type Run = RunRecord<Settings, Measured>;

/** Epochs to 95 % on unseen pairs: a row per setting, a column per optimizer. */
function stepsTable(records: readonly Run[]): string {
  const rows = LEARNING_RATES.flatMap((rate) =>
    DECAYS.map((decay) => [
      `${rate}`,
      `${decay}`,
      ...OPTIMIZERS.map((optimizer) =>
        eachSeed(
          records.filter(({ id }) => id === idOf(rate, decay, optimizer)),
          (run) =>
            run.measured.generalisedAt === null
              ? `${generalisedAt(run)} (${percent(run.measured.bestTestAccuracy)})`
              : generalisedAt(run),
        ),
      ),
    ]),
  );
  return markdownTable(['learning rate', 'weight decay', ...OPTIMIZERS], rows);
}

/** How often each is sooner than AdamW, since who is first hangs on the setting. */
function headlines(records: readonly Run[]): Headline[] {
  const settings = LEARNING_RATES.flatMap((rate) => DECAYS.map((decay) => [rate, decay] as const));
  /** Mean epochs; where a run does not get there, it counts as the limit. */
  const epochs = ([rate, decay]: (typeof settings)[number], optimizer: OptimizerName): number[] =>
    records
      .filter(({ id }) => id === idOf(rate, decay, optimizer))
      .map(({ measured, settings }) => measured.generalisedAt ?? settings.epochs);
  const rivals = OPTIMIZERS.filter((optimizer) => optimizer !== 'adamw');
  return rivals.map((optimizer) => {
    const measured = settings.filter((setting) => epochs(setting, optimizer).length > 0);
    const ratio = (setting: (typeof settings)[number]) =>
      mean(epochs(setting, optimizer)) / mean(epochs(setting, 'adamw'));
    const sooner = measured.filter((setting) => ratio(setting) < 1);
    const ratios = measured.map(ratio);
    const range = [Math.min(...ratios), Math.max(...ratios)].map((x) => x.toFixed(2)).join(' to ');
    return {
      claim: `**${NAMES[optimizer] ?? optimizer}** generalises sooner than AdamW (a + b mod 47)`,
      published: 'sooner',
      measured:
        measured.length === 0
          ? '–'
          : `in ${sooner.length} of ${measured.length} settings; ${range} times AdamW’s epochs`,
    };
  });
}

const NAMES: Readonly<Partial<Record<OptimizerName, string>>> = {
  grokadamw: 'GrokAdamW',
  'grokfast-ema': 'Grokfast, EMA',
  'grokfast-ma': 'Grokfast, moving average',
};
