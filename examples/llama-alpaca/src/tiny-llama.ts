import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFiles } from '@evenkeel/example-common/checkpoint';
import { tinyTokenizer } from '@evenkeel/example-common/tiny-tokenizer';
import { GPT } from '@evenkeel/gpt-model';
import { openSafetensors, saveSafetensors } from '@evenkeel/safetensors';
import { fakeHub } from '@evenkeel/testing/fake-hub';
import type { Tensor } from '@tensorflow/tfjs';
import { WORDS } from './words.js';

const MODEL = 'meta-llama/Llama-tiny';
const TOKEN = 'hf_for_this_run_only';

/**
 * Writes a tiny Llama with random weights as Llama 3.2 is published, and serves it from a hub on this machine that asks for a token.
 *
 * @returns The options of a run with it, where the hub is, and how to end it.
 */
export async function serveTinyLlama(directory: string) {
  await rm(directory, { recursive: true, force: true });
  await writeTinyLlama(join(directory, MODEL));
  const data = join(directory, 'instructions.json');
  await writeFiles(directory, { 'instructions.json': INSTRUCTIONS });
  const { hubUrl, close } = await fakeHub({
    folderOf: (owner, model) => join(directory, owner, model),
    tokenOf: () => TOKEN,
  });
  return {
    options: {
      ...{ model: MODEL, data, ask: 'Say the word ship twice.' },
      ...{ steps: 40, batchSize: 2, accumulate: 2, contextLength: 320, learningRate: 0.01, saveEvery: 20 },
    },
    hub: { hubUrl, accessToken: TOKEN, cacheDir: join(directory, 'cache') },
    close,
  };
}

/** config.json with Llama 3's rope_scaling, BF16 weights in two parts with their index, tokenizer.json. */
async function writeTinyLlama(directory: string): Promise<void> {
  const { vocabSize, files } = tinyTokenizer('<|end_of_text|>');
  const model = new GPT(
    {
      ...{ architecture: 'llama', vocabSize, contextLength: 512 },
      ...{ layers: 2, heads: 4, kvHeads: 2, width: 32, mlpWidth: 64, tiedHead: true, rotaryBase: 500000 },
      rotaryScaling: {
        ...{ type: 'llama3', factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4 },
        originalContextLength: 128,
      },
    },
    { seed: 1 },
  );
  const encoded = await model.encodeSafetensors({ dtype: 'BF16' });
  model.dispose();
  await mkdir(directory, { recursive: true });
  const weightMap = await writeParts(directory, encoded['model.safetensors']);
  await writeFiles(directory, {
    ...files,
    'config.json': new TextDecoder().decode(encoded['config.json']),
    'model.safetensors.index.json': {
      metadata: { total_size: encoded['model.safetensors'].length },
      weight_map: weightMap,
    },
  });
}

/** @returns Which part each tensor is in. */
async function writeParts(directory: string, weights: Uint8Array): Promise<Record<string, string>> {
  const store = await openSafetensors(weights);
  const names = [...store.tensors.keys()];
  const half = Math.ceil(names.length / 2);
  const weightMap: Record<string, string> = {};
  for (const [i, part] of [names.slice(0, half), names.slice(half)].entries()) {
    const file = `model-0000${i + 1}-of-00002.safetensors`;
    const tensors: Record<string, Tensor> = {};
    for (const name of part) {
      tensors[name] = await store.readTensor(name);
      weightMap[name] = file;
    }
    await saveSafetensors(join(directory, file), tensors, { dtype: 'BF16', metadata: { format: 'pt' } });
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
  return weightMap;
}

/** A task that a tiny model can begin to learn in a few steps: saying a word twice. */
const INSTRUCTIONS = WORDS.map((word) => ({
  instruction: `Say the word ${word} twice.`,
  input: '',
  output: `${word} ${word}`,
}));
