import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gpt2Tokenizer, type Tokenizer, tokenizerFromJson } from '@evenkeel/data';
import { openBytes } from '@evenkeel/files';
import {
  GPT,
  generate,
  type HubOptions,
  type LoadOptions,
  type ModelFolder,
  openModelFolder,
} from '@evenkeel/gpt-model';
import { frozenParameters } from './frozen-parameters.js';
import { requireMemory } from './start-backend.js';

/** A published model with its tokenizer. */
export interface Checkpoint {
  model: GPT;
  tokenizer: Tokenizer;
  /** The tokenizer's files by name, to be saved with the model. */
  tokenizerFiles: Readonly<Record<string, string>>;
}

export interface OpenOptions extends HubOptions, Pick<LoadOptions, 'name' | 'config'> {
  /** How many tokens rows will have. */
  contextLength: number;
  /** What of the model learns; the rest stays as it is published, outside of tfjs's memory. */
  choice: Parameters<typeof frozenParameters>[0];
}

/**
 * Opens a model in a directory, at a web address or on a hub, and its tokenizer.
 *
 * @throws If it is not there, may not be read, is damaged or too large.
 */
export async function openCheckpoint(source: string, options: OpenOptions): Promise<Checkpoint> {
  const { contextLength, choice, name, config, ...hub } = options;
  const folder = await openFolder(source, hub);
  const tokenizerFiles = await readTokenizer(folder, source);
  const tokenizer = await tokenizerOf(tokenizerFiles);
  const frozen = frozenParameters(choice, await layersOf(folder));
  const isWhole = !frozen('embed.weight');
  // Weights, gradients and two moments of AdamW.
  if (isWhole) requireMemory(4 * (await parameterCount(folder)));
  let shownAt = performance.now();
  const model = await GPT.load(folder, {
    ...{ name, config },
    ...(!isWhole && { frozen }),
    onProgress(loaded, total) {
      if (performance.now() - shownAt < 3000) return;
      shownAt = performance.now();
      process.stderr.write(`loading ${source}: ${Math.floor((100 * loaded) / total)} %\n`);
    },
  });
  if (contextLength > model.config.contextLength) {
    throw new Error(
      `openCheckpoint: --context-length is ${contextLength}, expected at most the model's ${model.config.contextLength}. Take less.`,
    );
  }
  if (tokenizer.vocabSize <= model.config.vocabSize) return { model, tokenizer, tokenizerFiles };
  throw new Error(
    `openCheckpoint: the tokenizer has ${tokenizer.vocabSize} tokens, expected at most the model's ` +
      `${model.config.vocabSize}. Take the tokenizer.json of this model.`,
  );
}

/** Saves a model in the layout it was published in, with the tokenizer beside it: a directory that opens again. */
export async function saveCheckpoint(
  directory: string,
  { model, tokenizerFiles }: Checkpoint,
  dtype: 'F32' | 'F16' | 'BF16',
): Promise<void> {
  await model.saveSafetensors(directory, { dtype });
  await writeFiles(directory, tokenizerFiles);
}

/** What a model says after a prompt. */
export async function speak(
  { model, tokenizer }: Pick<Checkpoint, 'model' | 'tokenizer'>,
  prompt: string,
  { maxTokens = 60, seed = 1 } = {},
): Promise<string> {
  const tokens: number[] = [];
  const stop = tokenizer.endOfText === undefined ? [] : [tokenizer.endOfText];
  const options = { maxTokens, seed, temperature: 0.7, topK: 40, stop };
  for await (const token of generate(model, tokenizer.encode(prompt), options)) {
    if (token < tokenizer.vocabSize) tokens.push(token);
  }
  return tokenizer.decode(tokens);
}

async function openFolder(source: string, hub: HubOptions): Promise<ModelFolder> {
  const folder = await say(() => openModelFolder(source, hub), hub);
  return openModelFolder((name) => say(() => folder.find(name), hub));
}

/** Names the variable that the token comes from. */
async function say<T>(request: () => Promise<T>, { accessToken }: HubOptions): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes('accessToken')) throw error;
    throw new Error(
      `${message} Here it comes from the variable HF_TOKEN, which is ${accessToken ? 'set: has its owner been granted access?' : 'not set.'}`,
      { cause: error },
    );
  }
}

const GPT2_TOKENS = 50257;

/** Nothing for a GPT-2 without: its tokens are known. @throws If another model comes without a tokenizer. */
async function readTokenizer(folder: ModelFolder, source: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    const text = await folder.text(name);
    if (text !== undefined) found[name] = text;
  }
  if (found['tokenizer.json'] !== undefined) return found;
  const config = (await folder.text('config.json')) ?? '{"vocab_size": 50257}'; // which loading complains of
  if (new RegExp(`"vocab_size"\\s*:\\s*${GPT2_TOKENS}\\b`).test(config)) return {};
  throw new Error(
    `openCheckpoint: '${source}' has no tokenizer.json, expected the one it was published with. Download it too.`,
  );
}

const tokenizerOf = async (files: Readonly<Record<string, string>>): Promise<Tokenizer> =>
  'tokenizer.json' in files
    ? tokenizerFromJson(files['tokenizer.json'], files['tokenizer_config.json'] ?? {})
    : gpt2Tokenizer();

/** How many blocks a model has; 0 if its config does not say, which loading complains of. */
async function layersOf(folder: ModelFolder): Promise<number> {
  const config = (await folder.text('config.json')) ?? '';
  return Number(/"(?:num_hidden_layers|n_layer)"\s*:\s*(\d+)/.exec(config)?.[1] ?? 0);
}

/** About how many numbers a model has, from what its files weigh; 0 if they cannot be found, which loading complains of. */
async function parameterCount(folder: ModelFolder): Promise<number> {
  const dtype = /"(?:torch_)?dtype"\s*:\s*"(\w+)"/.exec((await folder.text('config.json')) ?? '')?.[1];
  const bytesEach = dtype === 'bfloat16' || dtype === 'float16' ? 2 : 4;
  const index = await folder.text('model.safetensors.index.json');
  if (index !== undefined) return Number(/"total_size"\s*:\s*(\d+)/.exec(index)?.[1] ?? 0) / bytesEach;
  const single = await folder.find('model.safetensors');
  if (single === undefined) return 0;
  const bytes = await openBytes('openCheckpoint', single);
  await bytes.close?.();
  return bytes.size / bytesEach;
}

/** Writes files into a directory, which is made if it is not there. */
export async function writeFiles(
  directory: string,
  contents: Record<string, string | object>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(contents)) {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`;
    await writeFile(join(directory, name), text);
  }
}
