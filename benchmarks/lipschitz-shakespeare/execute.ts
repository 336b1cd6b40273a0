import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { GPT } from '@evenkeel/gpt-model';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import type * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import { type Curve, thin } from '../src/recorded/curve.js';
import type { Surroundings } from '../src/recorded/result.js';
import { type Curves, trainResumably } from '../src/recorded/train-resumably.js';
import { characterData } from '../src/text/character-data.js';
import { type Measurements, measure } from './measure.js';
import { optimizerFor } from './optimizer.js';
import { BATCH, CONTEXT, configOf, type Settings } from './settings.js';

export interface Measured extends Measurements {
  curves: { trainLoss: Curve };
}

/** From here on the step size falls. */
const DECAY_FROM = 0.6;

export async function execute(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend('evenkeel');
  const sizes = { contextLength: CONTEXT, batchSize: BATCH, seed };
  const data = await characterData(await surroundings.text(), sizes);
  const steps = Math.round(settings.tokens / (CONTEXT * BATCH));
  const decayFrom = Math.round(DECAY_FROM * steps);
  const model = new GPT(configOf(settings, data.tokenizer.vocabularySize), {
    seed,
    name: 'model',
    ...(settings.model === 'bounded' ? { unigramCounts: data.counts } : {}),
  });
  const optimizer = optimizerFor(settings, steps, decayFrom);
  const part = (name: string, end: number): Promise<Curves> =>
    trainResumably({
      ...{ surroundings, name, model, optimizer },
      loss: (targets, logits) => sparseSoftmaxCrossEntropy(targets as tf.Tensor, logits as tf.Tensor),
      data: data.train,
      steps: end,
      logEvery: 10,
      saveEvery: 200,
    });
  try {
    // The step size is the same up to here whatever the budget: a longer run goes on from this checkpoint.
    const [trunk, end] = ['trunk', `end-${steps}`];
    if (!existsSync(join(surroundings.directory, end))) {
      await part(trunk, decayFrom);
      cpSync(join(surroundings.directory, trunk), join(surroundings.directory, end), { recursive: true });
    }
    const curves = await part(end, steps);
    return { ...(await measure(model, data.validation)), curves: { trainLoss: thin(curves.loss) } };
  } finally {
    optimizer.dispose();
    model.dispose();
    await data.close();
  }
}
