import {
  characterTokenizer,
  labelTensor,
  modularArithmetic,
  tokenSequences,
  trainTestSplit,
  vocabulary,
} from '@evenkeel/data';
import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import { softmaxCollapse, sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../src/recorded/backend.js';
import { memo } from '../src/recorded/memo.js';
import type { Surroundings } from '../src/recorded/result.js';
import { SeededWindows } from '../src/text/windows.js';
import { optimizerFor } from './optimizer.js';
import type { Settings } from './settings.js';

/** A sweep: the loss at the end for each learning rate. */
export interface Measured {
  /**
   * Mean over the last tenth of the steps; null if the run diverged: a loss was no finite number or a million times the
   * first, or a logit after the last step no finite number.
   */
  finalLosses: (number | null)[];
  /** What a model that knows nothing has. */
  firstLoss: number;
  /**
   * The share of the last batch whose float32 softmax has lost the gradient of the right class, for each rate; 0 where the
   * run diverged. Older records of the characters have none: few of them are seen twice.
   */
  collapse?: number[];
}

interface Task {
  config: Pick<GPTConfig, 'vocabSize' | 'contextLength'>;
  /** Inputs and targets of the next step; tensors are freed after it. */
  batch(): { inputs: tf.Tensor; targets: tf.Tensor };
  /** Logits that count, from those of all positions. */
  answer(logits: tf.Tensor3D): tf.Tensor;
}

const CONTEXT = 32;
const BATCH = 8;
const MODULUS = 17;
/** A loss beyond so many times the first does not come back. */
const LOST = 1e6;

/** Trains at each learning rate from the same weights on the same data. */
export async function execute(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend('evenkeel');
  const measured = { finalLosses: [] as (number | null)[], firstLoss: 0, collapse: [] as number[] };
  for (const learningRate of settings.learningRates) {
    const { losses, collapse } = await memo(surroundings, `rate-${learningRate}`, async () =>
      trainAt(learningRate, settings, await taskOf(settings, seed, surroundings), seed),
    );
    measured.firstLoss = losses[0];
    const tail = losses.slice(-Math.ceil(settings.steps / 10));
    measured.finalLosses.push(collapse === null ? null : tail.reduce((a, b) => a + b, 0) / tail.length);
    measured.collapse.push(collapse ?? 0);
  }
  return measured;
}

/** The loss before each step, and the collapse after the last; null if the run diverged. */
function trainAt(
  learningRate: number,
  settings: Settings,
  task: Task,
  seed: number,
): { losses: number[]; collapse: number | null } {
  const { recipe, loss: lossName, norm, layers, steps } = settings;
  const size = { ...task.config, layers, heads: 2, width: 32 };
  const config: GPTConfig =
    norm === 'convex'
      ? { architecture: 'lipschitz', ...size, finalScale: 4 }
      : { architecture: 'gpt2', ...size, norm, finalNorm: norm !== 'none' };
  const model = new GPT(config, { seed, name: 'model' });
  const optimizer = optimizerFor(recipe, learningRate, steps);
  const loss = lossName === 'stablemax' ? sparseStablemaxCrossEntropy : sparseSoftmaxCrossEntropy;
  const losses: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      const { inputs, targets } = task.batch();
      const value = optimizer.minimize(
        () => tf.tidy(() => loss(targets, task.answer(model.forward(inputs)))),
        true,
        model.variables,
      )!;
      losses.push(value.dataSync()[0]);
      tf.dispose([value, inputs, targets]);
      if (!(losses[step] < LOST * losses[0])) return { losses, collapse: null };
    }
    const { inputs, targets } = task.batch();
    const [staysFinite, collapse] = tf.tidy(() => {
      const logits = task.answer(model.forward(inputs));
      return [tf.all(tf.isFinite(logits)), softmaxCollapse(targets, logits)].map((x) => x.dataSync()[0]);
    });
    tf.dispose([inputs, targets]);
    return { losses, collapse: staysFinite ? collapse : null };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

async function taskOf({ task }: Settings, seed: number, surroundings: Surroundings): Promise<Task> {
  return task === 'characters' ? characters(await surroundings.text(), seed) : modular(seed);
}

/** The next character, at every position. */
function characters(text: string, seed: number): Task {
  const tokenizer = characterTokenizer(text);
  const windows = new SeededWindows(tokenizer.encode(text), { length: CONTEXT, batchSize: BATCH, seed });
  return {
    config: { vocabSize: tokenizer.vocabSize, contextLength: CONTEXT },
    batch: () => windows.batch(),
    answer: (logits) => logits,
  };
}

/** a + b, all training pairs in one batch, the answer at the last position. */
function modular(seed: number): Task {
  const pairs = modularArithmetic({ modulus: MODULUS, operation: 'add' });
  const { train } = trainTestSplit(pairs, { trainFraction: 0.5, seed });
  return {
    config: { vocabSize: vocabulary(train).length, contextLength: 4 },
    batch: () => ({ inputs: tokenSequences(train), targets: labelTensor(train) }),
    answer: (logits) => {
      const [rows, time, classes] = logits.shape;
      return tf.reshape(tf.slice(logits, [0, time - 1, 0], [rows, 1, classes]), [rows, classes]);
    },
  };
}
