import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenBatch } from '@evenkeel/data';
import { type GPT, type LossOptions, MODEL_PRESETS } from '@evenkeel/gpt-model';
import { type Data, type TrainResult, train } from '@evenkeel/trainer';
import { metricsFile, onInterrupt, progress } from '@evenkeel/trainer/node';
import { cast, dispose, notEqual, sum as sumOf, type Tensor, tidy } from '@tensorflow/tfjs';
import type { FineTuningOptions } from './fine-tuning-options.js';
import type { Learned } from './learned.js';
import { fineTuningOptimizer } from './optimizer.js';
import { plotLines } from './plot.js';

/** The target where there is nothing to learn. */
const IGNORED = -100;

/** Batches without end, and some that can be read again and again. */
interface RowData {
  batch(): TokenBatch | Promise<TokenBatch>;
  pass(): Iterable<TokenBatch> | AsyncIterable<TokenBatch>;
}

/**
 * Trains a published model further: gradients of several batches per step, each weighed by its labels, a checkpoint now and then,
 * Ctrl-C finishes the step and saves. Targets of −100 are not learnt. The head's logits are never held whole where they are many.
 */
export async function fineTune(
  model: GPT,
  { variables }: Learned,
  family: keyof typeof MODEL_PRESETS,
  data: RowData,
  validation: RowData,
  options: FineTuningOptions,
): Promise<TrainResult> {
  const { steps, accumulate, stablemax, seed, saveEvery, resume, out } = options;
  const probabilities = stablemax ? 'stablemax' : 'softmax';
  const lossOf = ({ inputs, targets }: TokenBatch, pass: LossOptions = {}) =>
    model.loss(targets, inputs, { probabilities, ignoreIndex: IGNORED, ...pass });
  mkdirSync(out, { recursive: true });
  const interrupt = onInterrupt();
  try {
    const result = await train({
      step: (batch, pass) => lossOf(batch as unknown as TokenBatch, pass),
      variables,
      optimizer: fineTuningOptimizer(options, MODEL_PRESETS[family]),
      ...{ data: data as Data, steps, seed, gradientAccumulation: accumulate },
      evaluate: {
        every: Math.max(1, Math.floor(steps / 5)),
        run: async () => ({
          validationLoss: await meanLoss((batch) => lossOf(batch, { reduction: 'sum' }), validation, 8),
        }),
      },
      callbacks: [progress(), metricsFile({ path: join(out, 'metrics.jsonl') })],
      logEvery: 1,
      checkpoint: { directory: join(out, 'checkpoints'), every: saveEvery, keep: 2 },
      resume: resume ?? false,
      signal: interrupt.signal,
    });
    writeFileSync(join(out, 'losses.svg'), plotLosses(result));
    return result;
  } finally {
    interrupt.dispose();
  }
}

/** The mean loss per label over the first batches. */
async function meanLoss(
  lossOf: (batch: TokenBatch) => Tensor,
  data: RowData,
  batches: number,
): Promise<number> {
  let [total, labels, left] = [0, 0, batches];
  for await (const batch of data.pass()) {
    const [sum, count] = tidy(() => [
      lossOf(batch),
      sumOf(cast(notEqual(batch.targets, IGNORED), 'float32')),
    ]);
    total += (await sum.data())[0];
    labels += (await count.data())[0];
    dispose([sum, count, batch.inputs, batch.targets]);
    left -= 1;
    if (left === 0) break;
  }
  return total / Math.max(1, labels);
}

function plotLosses({ history }: TrainResult): string {
  const points = (line: string, metric: string) =>
    history
      .filter((record) => metric in record)
      .map((record) => ({ line, x: record.step, y: record[metric] }));
  return plotLines([...points('training', 'loss'), ...points('validation', 'validationLoss')], {
    x: 'step',
    y: 'nats per token',
  });
}
