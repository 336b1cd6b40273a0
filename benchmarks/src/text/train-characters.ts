import { join } from 'node:path';
import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import { copyWeights } from '@evenkeel/mode-connectivity';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import type { Tensor } from '@tensorflow/tfjs';
import type { Surroundings } from '../recorded/result.js';
import { trainResumably } from '../recorded/train-resumably.js';
import { SeededWindows } from './windows.js';

export interface TrainCharactersOptions {
  readonly surroundings: Surroundings;
  readonly config: GPTConfig;
  readonly tokens: ArrayLike<number>;
  /** Of the run's folder, where its checkpoints go. */
  readonly folder: string;
  /** Decides the initial weights. */
  readonly start: number;
  /** Decides the order of the data. */
  readonly order: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Trains a model of text to a step, from wherever its folder stands. @returns Its weights, the caller's to dispose. */
export async function trainCharacters(options: TrainCharactersOptions): Promise<Record<string, Tensor>> {
  const { surroundings, config, tokens, folder, start, order, steps, batchSize, learningRate } = options;
  const model = new GPT(config, { seed: start, name: 'model' });
  const optimizer = new TransformOptimizer(adamW({ learningRate, beta2: 0.99, weightDecay: 0.01 }));
  try {
    await trainResumably({
      ...{ surroundings, model, optimizer, steps },
      folder: join(surroundings.directory, folder),
      loss: (targets, logits) => sparseSoftmaxCrossEntropy(targets as Tensor, logits as Tensor),
      data: new SeededWindows(tokens, { length: config.contextLength, batchSize, seed: order }),
      logEvery: 1000,
      saveEvery: 1000,
    });
    return copyWeights(Object.fromEntries(model.parameters));
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}
