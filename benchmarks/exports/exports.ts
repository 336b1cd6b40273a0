import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { characterTokenizer } from '@evenkeel/data';
import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import { exportModel } from '@evenkeel/trainer/node';
import * as tf from '@tensorflow/tfjs';

const TEXT = 'To be, or not to be:\nthat is the question.';
const CHARACTERS = [...new Set(TEXT)].sort();
const CONTEXT = 32;

/** A model of each published layout, by its name in config.json. */
const LAYOUTS: Readonly<Record<string, Partial<GPTConfig>>> = {
  gpt2: { architecture: 'gpt2' },
  llama: { kvHeads: 2 },
  mistral: { slidingWindow: 8 },
  mixtral: { experts: 4 },
  qwen2: { qkvBias: true },
  phi3: { fusedQkv: true, fusedGate: true },
  gemma: { norm: 'rmsNormPlusOne', activation: 'geluTanh', tiedHead: true, embeddingScale: Math.sqrt(32) },
  stablelm: { norm: 'layerNorm', normBias: true, rotaryFraction: 0.25 },
};

/** Whether Python's transformers gives the logits and tokens of the model that was exported. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: { python: { type: 'string', default: 'python3' } },
  });
  const root = await mkdtemp(join(tmpdir(), 'exports-'));
  try {
    await tf.setBackend('cpu');
    const folders: string[] = [];
    for (const [layout, choices] of Object.entries(LAYOUTS)) {
      for (const dtype of ['F32', 'BF16'] as const) {
        folders.push(await exported(join(root, `${layout}-${dtype}`), choices, dtype));
      }
    }
    const reader = new URL('./exports.py', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(values.python, [reader, ...folders]);
    yield* stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Exports a model without a weight that is zero or one, and writes beside it what the exported one gives here. */
async function exported(folder: string, choices: Partial<GPTConfig>, dtype: 'F32' | 'BF16'): Promise<string> {
  const sizes = { contextLength: CONTEXT, layers: 2, heads: 4, width: 32, vocabSize: CHARACTERS.length };
  const model = new GPT({ architecture: 'llama', ...sizes, ...choices });
  model.variables.forEach((weight, i) => {
    tf.tidy(() => weight.assign(tf.add(weight, tf.randomNormal(weight.shape, 0, 0.2, 'float32', i + 1))));
  });
  const tokenizer = characterTokenizer(CHARACTERS.join(''));
  await exportModel({ model, tokenizer }, folder, { dtype });
  model.dispose();

  const read = await GPT.load(folder); // what was rounded is no error of the reader
  const ids = [...tokenizer.encode(TEXT)];
  const logits = tf.tidy(() => [
    ...read.forward(tf.tensor2d([ids.slice(0, CONTEXT)], undefined, 'int32')).dataSync(),
  ]);
  read.dispose();
  await writeFile(join(folder, 'ours.json'), JSON.stringify({ text: TEXT, ids, logits }));
  return folder;
}
