import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { characterTokenizer } from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { copyWeights, type Path } from '@evenkeel/mode-connectivity';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import { copyFolder } from '../src/recorded/copy-folder.js';
import type { Surroundings } from '../src/recorded/result.js';
import { trainResumably } from '../src/recorded/train-resumably.js';
import { pathBetween } from '../src/text/path-between.js';
import { SeededWindows } from '../src/text/windows.js';
import { configOf, type Settings } from './settings.js';

/** Twins and the path between them. */
export interface Fork {
  /** Steps they have in common. */
  fromStep: number;
  /** Steps at which the path is measured. */
  toStep: number;
  path: Path;
}

export interface Measured {
  /** In the order of `settings.forks`. */
  forks: Fork[];
  /** From the trained model. */
  fromCheckpoint: Fork;
}

/** Trains, forks, trains twins on other orders of the data, and measures between them. */
export async function execute(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend('evenkeel');
  const text = await surroundings.text();
  const tokenizer = characterTokenizer(text);
  const tokens = tokenizer.encode(text);
  const training = tokens.slice(0, Math.floor(0.9 * tokens.length));
  const config = configOf(settings, tokenizer.vocabSize);
  const { contextLength: length } = config;
  const { batchSize, learningRate, alphas, measured } = settings;

  /** Trains one run to a step from wherever its folder stands, and returns the weights. */
  const trained = async (folder: string, orderSeed: number, steps: number) => {
    const model = new GPT(config, { seed, name: 'model' });
    const optimizer = new TransformOptimizer(adamW({ learningRate, beta2: 0.99, weightDecay: 0.01 }));
    try {
      await trainResumably({
        ...{ surroundings, model, optimizer, steps },
        folder: join(surroundings.directory, folder),
        loss: (targets, logits) => sparseSoftmaxCrossEntropy(targets as tf.Tensor, logits as tf.Tensor),
        data: new SeededWindows(training, { length, batchSize, seed: orderSeed }),
        logEvery: 1000,
        saveEvery: 2000,
      });
      return copyWeights(Object.fromEntries(model.parameters));
    } finally {
      optimizer.dispose();
      model.dispose();
    }
  };
  const fork = async (fromStep: number, toStep: number): Promise<Fork> => {
    const common = await trained('common', 3 * seed, fromStep);
    const twin = async (name: string, order: number) => {
      const folder = `${name}-${fromStep}`;
      const path = join(surroundings.directory, folder);
      if (fromStep > 0 && !existsSync(path)) {
        copyFolder(join(surroundings.directory, 'common'), path);
      }
      return trained(folder, order, toStep);
    };
    const [a, b] = [await twin('a', 3 * seed + 1), await twin('b', 3 * seed + 2)];
    try {
      const validation = tokens.slice(training.length);
      const path = await pathBetween(config, a, b, { training, validation, measured, alphas });
      return { fromStep, toStep, path };
    } finally {
      tf.dispose([common, a, b]);
    }
  };

  const { steps } = settings;
  const forks: Fork[] = [];
  for (const share of settings.forks) forks.push(await fork(Math.round(share * steps), steps));
  return { forks, fromCheckpoint: await fork(steps, Math.round((1 + settings.fineTune) * steps)) };
}
