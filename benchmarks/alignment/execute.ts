import { characterTokenizer } from '@evenkeel/data';
import { GPT, type GPTConfig, gptSymmetries, resolveConfig } from '@evenkeel/gpt-model';
import {
  align,
  loadWeights,
  matchActivations,
  type Path,
  permute,
  type Weights,
} from '@evenkeel/mode-connectivity';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import type { Surroundings } from '../src/recorded/result.js';
import { pathBetween, spreadOver } from '../src/text/path-between.js';
import { trainCharacters } from '../src/text/train-characters.js';
import { configOf, type Settings } from './settings.js';

/** One pair of models, as they are and brought into one order. */
export interface Pair {
  apart: Path;
  byWeights: Path;
  byActivations: Path;
  /** Sweeps of weight matching. */
  sweeps: number;
}

export interface Measured {
  /** The same initial weights, another order of the data. */
  sameStart: Pair;
  /** Other initial weights, too. */
  otherStart: Pair;
}

/** Trains three models: two from the same weights, one from others; and measures between them before and after aligning. */
export async function execute(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend('evenkeel');
  const text = await surroundings.text();
  const tokenizer = characterTokenizer(text);
  const tokens = tokenizer.encode(text);
  const training = tokens.slice(0, Math.floor(0.9 * tokens.length));
  const validation = tokens.slice(training.length);
  const config = configOf(settings, tokenizer.vocabSize);
  const { batchSize, learningRate, steps, alphas, measured } = settings;

  const trained = (folder: string, start: number, order: number): Promise<Weights> =>
    trainCharacters({
      ...{ surroundings, config, tokens: training, folder, start, order },
      ...{ steps, batchSize, learningRate },
    });
  const between = (a: Weights, b: Weights) =>
    pathBetween(config, a, b, { training, validation, measured, alphas });
  const pair = async (a: Weights, b: Weights): Promise<Pair> => {
    const symmetries = gptSymmetries(resolveConfig(config));
    const { weights: byWeights, sweeps } = await align(a, b, symmetries);
    const inputs = spreadOver(training, measured, config.contextLength);
    const permutations = await matchActivations(symmetries, [
      [activationsOf(config, a, inputs.inputs), activationsOf(config, b, inputs.inputs)],
    ]);
    const byActivations = permute(b, symmetries, permutations);
    try {
      return {
        apart: await between(a, b),
        byWeights: await between(a, byWeights),
        byActivations: await between(a, byActivations),
        sweeps,
      };
    } finally {
      tf.dispose([{ ...inputs }, byWeights, byActivations]);
    }
  };

  const a = await trained('a', 2 * seed, 3 * seed);
  const twin = await trained('twin', 2 * seed, 3 * seed + 1);
  const other = await trained('other', 2 * seed + 1, 3 * seed + 2);
  try {
    return { sameStart: await pair(a, twin), otherStart: await pair(a, other) };
  } finally {
    tf.dispose([{ ...a }, { ...twin }, { ...other }]);
  }
}

/** What each layer of a model gives, by name. */
function activationsOf(config: GPTConfig, weights: Weights, inputs: tf.Tensor2D): Record<string, tf.Tensor> {
  const model = new GPT(config, { name: 'seen' });
  const seen: Record<string, tf.Tensor> = {};
  try {
    loadWeights(Object.fromEntries(model.parameters), weights);
    tf.tidy(() => {
      model.forward(inputs, {
        observe: (name, activation) => {
          seen[name] = tf.keep(tf.clone(activation));
        },
      });
    });
    return seen;
  } finally {
    model.dispose();
  }
}
