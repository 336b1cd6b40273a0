import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { characterTokenizer } from '@evenkeel/data';
import type { Path } from '@evenkeel/mode-connectivity';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import { copyFolder } from '../src/recorded/copy-folder.js';
import type { Surroundings } from '../src/recorded/result.js';
import { pathBetween } from '../src/text/path-between.js';
import { trainCharacters } from '../src/text/train-characters.js';
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
  const { batchSize, learningRate, alphas, measured } = settings;

  const trained = (folder: string, order: number, steps: number) =>
    trainCharacters({
      ...{ surroundings, config, tokens: training, folder, start: seed, order },
      ...{ steps, batchSize, learningRate },
    });
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
