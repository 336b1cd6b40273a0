import { type CharacterTokenizer, type TokenBatch, TokenDataset, tokenize } from '@evenkeel/data';
import { GPT, generate } from '@evenkeel/gpt-model';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { optimizerFor } from './optimizer.js';
import type { Settings } from './settings.js';

/** What a run tells: the loss of every step, and now and then how it does on text it has not seen. */
export type Event =
  | { kind: 'step'; step: number; loss: number }
  | { kind: 'evaluation'; step: number; validationLoss: number; sample: string; isFinal: boolean };

/** The share of the text that is kept for validation, at its end. */
const VALIDATION_FRACTION = 0.1;
/** Validation batches while training; at the end it is all of them. */
const QUICK_BATCHES = 32;

/**
 * Trains a character model on a text, yielding what happens. Losses are cross-entropies of the next character, in nats.
 *
 * @param sampleLength How many characters to write at each evaluation; five times as many at the end.
 */
export async function* train(
  text: string,
  tokenizer: CharacterTokenizer,
  settings: Settings,
  sampleLength = 200,
): AsyncGenerator<Event> {
  const { layers, heads, width, contextLength, dropout, batchSize, steps, seed, evaluateEvery } = settings;
  const file = await tokenize(text, { tokenizer });
  const data = await TokenDataset.open(file, { contextLength, batchSize, seed });
  const { train: training, validation } = data.split({ validationFraction: VALIDATION_FRACTION });
  const model = new GPT(
    {
      architecture: 'llama',
      vocabSize: tokenizer.vocabSize,
      contextLength,
      layers,
      heads,
      width,
      mlpWidth: Math.ceil((8 * width) / 3 / 32) * 32,
      dropout,
    },
    { seed },
  );
  const optimizer = optimizerFor(settings);
  try {
    for (let step = 1; step <= steps; step++) {
      const batch = await training.batch();
      yield { kind: 'step', step, loss: learn(model, optimizer, batch, seed * steps + step) };
      const isFinal = step === steps;
      if (step % evaluateEvery !== 0 && !isFinal) continue;
      yield {
        kind: 'evaluation',
        step,
        validationLoss: await validate(model, validation, isFinal ? Infinity : QUICK_BATCHES),
        sample: await write(model, tokenizer, sampleLength * (isFinal ? 5 : 1), seed),
        isFinal,
      };
    }
  } finally {
    optimizer.dispose();
    model.dispose();
    await data.close();
  }
}

/** One step. Returns the loss before it. */
function learn(model: GPT, optimizer: tf.Optimizer, { inputs, targets }: TokenBatch, seed: number): number {
  const options = { training: true, seed };
  const loss = optimizer.minimize(
    () => sparseSoftmaxCrossEntropy(targets, model.forward(inputs, options)),
    true,
    model.variables,
  )!;
  const value = loss.dataSync()[0];
  tf.dispose([loss, inputs, targets]);
  return value;
}

/** The mean loss on the first batches of the validation text. */
async function validate(model: GPT, validation: TokenDataset, batches: number): Promise<number> {
  let [sum, count] = [0, 0];
  for await (const { inputs, targets } of validation.pass()) {
    if (count > 0 && batches-- <= 0) {
      tf.dispose([inputs, targets]);
      break;
    }
    const loss = tf.tidy(() => sparseSoftmaxCrossEntropy(targets, model.forward(inputs)).dataSync()[0]);
    sum += loss * inputs.size;
    count += inputs.size;
    tf.dispose([inputs, targets]);
  }
  return sum / count;
}

/** What the model writes after a line break. */
async function write(
  model: GPT,
  tokenizer: CharacterTokenizer,
  length: number,
  seed: number,
): Promise<string> {
  const start = tokenizer.vocabulary.includes('\n') ? '\n' : tokenizer.vocabulary[0];
  const prompt = tokenizer.encode(start);
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, { maxTokens: length, temperature: 0.8, seed })) {
    tokens.push(token);
  }
  return tokenizer.decode(tokens);
}
