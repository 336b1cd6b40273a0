import { GPT, generate } from '@evenkeel/gpt-model';
import { snapshotOf } from '@evenkeel/trainer';
import {
  assignWeights,
  checkSameRun,
  describedTokenizer,
  parseRunFile,
  writingOf,
} from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import type { FromWorker, ToWorker } from '../shared/messages.js';
import { nameOfRun, unpackRun } from '../shared/run-archive.js';
import { startBackend } from './backend.js';

const MAX_TOKENS = 400;

/**
 * Lets the model of a checkpoint go on from a prompt, and tells what is there after each token.
 *
 * @throws If the model does not write, or does not know a character of the prompt.
 */
export async function writeFrom(
  { checkpoint, prompt, temperature }: Extract<ToWorker, { type: 'write' }>,
  tell: (message: FromWorker) => void,
): Promise<void> {
  const { run, files } = unpackRun(checkpoint);
  const described = parseRunFile(run, 'run.json');
  const tokenizer = await describedTokenizer(described);
  if (!('gpt' in described.model) || !tokenizer) {
    throw new Error(
      'This model does not write: it learns no text, or its tokenizer lies in a file that a page cannot open.',
    );
  }
  await startBackend('wasm');
  const { weights, optimizer, state } = await snapshotOf(files);
  checkSameRun(state, nameOfRun(run), 'the checkpoint');
  const model = new GPT(described.model.gpt, { published: described.model.published });
  assignWeights(model, weights, 'the checkpoint');
  tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
  const { begin, options } = writingOf(model, tokenizer);
  const tokens: number[] = [];
  const told = (isDone: boolean) =>
    tell({ type: 'written', step: state.step, text: tokenizer.decode(tokens), isDone });
  for await (const token of generate(model, begin(prompt), {
    ...options,
    maxTokens: MAX_TOKENS,
    temperature,
  })) {
    tokens.push(token);
    told(false);
  }
  told(true);
}
