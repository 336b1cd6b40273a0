import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { GPT } from '@evenkeel/gpt-model';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import type * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import { copyFolder } from '../src/recorded/copy-folder.js';
import { type Curve, thin } from '../src/recorded/curve.js';
import { canonical } from '../src/recorded/record-files.js';
import type { Surroundings } from '../src/recorded/result.js';
import { type Curves, trainResumably } from '../src/recorded/train-resumably.js';
import { trunkFolder } from '../src/recorded/trunk.js';
import { characterData } from '../src/text/character-data.js';
import { type Measurements, measure } from './measure.js';
import { optimizerFor } from './optimizer.js';
import { CONTEXT, configOf, type Settings } from './settings.js';

export interface Measured extends Measurements {
  curves: { trainLoss: Curve };
}

export async function execute(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend('evenkeel');
  const { batchSize, choices, tokens, decayFrom: decayShare = 0.6 } = settings;
  const data = await characterData(await surroundings.text(), { contextLength: CONTEXT, batchSize, seed });
  const steps = Math.round(tokens / (CONTEXT * batchSize));
  const decayFrom = Math.round(decayShare * steps);
  const model = new GPT(configOf(settings, data.tokenizer.vocabSize), {
    seed,
    name: 'model',
    ...(choices.headBias ? { unigramCounts: data.counts } : {}),
  });
  const optimizer = optimizerFor(settings, steps, decayFrom);
  const part = (folder: string, end: number): Promise<Curves> =>
    trainResumably({
      ...{ surroundings, folder, model, optimizer },
      loss: (targets, logits) => sparseSoftmaxCrossEntropy(targets as tf.Tensor, logits as tf.Tensor),
      data: data.train,
      steps: end,
      logEvery: 10,
      saveEvery: 400,
    });
  try {
    // Up to here the step size is the same whatever the budget: a longer run goes on from the checkpoint of a shorter one.
    const trunk = trunkFolder(surroundings.kept, trunkName(settings, seed), decayFrom);
    // Kept too: whoever wants to measure something else need not train again.
    const end = `${trunk}-to-${steps}`;
    if (!existsSync(end)) {
      await part(trunk, decayFrom);
      copyFolder(trunk, end);
    }
    const curves = await part(end, steps);
    return {
      ...(await measure(model, data.validation.with({ batchSize: 16 }))),
      curves: { trainLoss: thin(curves.loss) },
    };
  } finally {
    optimizer.dispose();
    model.dispose();
    await data.close();
  }
}

/** The same for all budgets. */
const trunkName = ({ tokens: _, ...rest }: Settings, seed: number): string =>
  `${createHash('sha256').update(canonical(rest)).digest('hex').slice(0, 8)}-seed${seed}`;
