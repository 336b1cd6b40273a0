import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GPT, MODEL_PRESETS } from '@evenkeel/gpt-model';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { type Data, type TrainResult, train } from '@evenkeel/trainer';
import { metricsFile, onInterrupt, progress } from '@evenkeel/trainer/node';
import type { Tensor } from '@tensorflow/tfjs';
import type { FineTuningOptions } from './fine-tuning-options.js';
import { fineTuningOptimizer } from './optimizer.js';
import { plotLines } from './plot.js';

/**
 * Trains a published model further: gradients of several batches per step, a checkpoint now and then, Ctrl-C finishes the step and
 * saves. Targets of −100 are not learnt.
 */
export async function fineTune(
  model: GPT,
  family: keyof typeof MODEL_PRESETS,
  data: Data,
  validation: Data,
  options: FineTuningOptions,
): Promise<TrainResult> {
  const { steps, accumulate, blocks, stablemax, seed, saveEvery, resume, out } = options;
  const crossEntropy = stablemax ? sparseStablemaxCrossEntropy : sparseSoftmaxCrossEntropy;
  mkdirSync(out, { recursive: true });
  const interrupt = onInterrupt();
  try {
    const result = await train({
      model,
      loss: (targets: Tensor, logits: Tensor) => crossEntropy(targets, logits, { ignoreIndex: -100 }),
      optimizer: fineTuningOptimizer(options, MODEL_PRESETS[family]),
      ...{ data, steps, seed, gradientAccumulation: accumulate },
      ...(blocks && { variables: lastBlocks(model, blocks) }),
      evaluate: { data: validation, every: Math.max(1, Math.floor(steps / 5)), batches: 8 },
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

/** The variables of the last blocks and the last norm: the embedding, and a head that is tied to it, stay as they are. */
function lastBlocks(model: GPT, count: number) {
  const { layers } = model.config;
  if (count > layers) {
    throw new Error(
      `fineTune: --blocks is ${count}, expected at most the model's ${layers}. Leave it out for everything.`,
    );
  }
  return [...model.parameters]
    .filter(([name]) => {
      const block = /^blocks\.(\d+)\./.exec(name)?.[1];
      return block === undefined ? /^(norm|head)\./.test(name) : Number(block) >= layers - count;
    })
    .map(([, variable]) => variable);
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
