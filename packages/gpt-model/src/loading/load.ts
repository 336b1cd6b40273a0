import {
  type Json,
  JsonNumber,
  openSafetensors,
  openSharded,
  parseStrictJson,
  type TensorStore,
} from '@evenkeel/safetensors';
import { concat, type Tensor, tensor, tidy, transpose, util, zeros } from '@tensorflow/tfjs-core';
import type { GPTConfig, ResolvedConfig } from '../config.js';
import type { GPTOptions } from '../gpt.js';
import { parameterShapes } from '../parameters.js';
import { resolveConfig } from '../resolve-config.js';
import type { PublishedConfig } from './fields.js';
import { type HubOptions, type ModelFiles, type ModelSource, modelFiles, readText } from './model-files.js';
import { fromPublished, type ModelType } from './published-config.js';
import { isBuffer, isTransposed, publishedName } from './published-names.js';

export interface LoadOptions extends HubOptions {
  /** The model's name, as for a new one. */
  name?: string;
  /** Choices that differ from the file's: `{ dropout: 0.1, checkpointing: true, head: 'stablemax', expandHead: true }`. */
  config?: Partial<GPTConfig>;
  /** Called after each tensor. */
  onProgress?: (loaded: number, total: number) => void;
}

const MAX_CONFIG = 2 ** 20;

/**
 * Reads what a model is made of: its config and its weights, under our names.
 *
 * @returns What `new GPT(config, options)` takes.
 * @throws If a file is missing or damaged, the config asks for what is not supported, or tensors are missing or have
 *     another shape, dtype or non-finite numbers, by name. Nothing is left behind.
 */
export async function readModel(
  source: ModelSource,
  { config: changes, name, onProgress, ...hub }: LoadOptions = {},
): Promise<{ config: GPTConfig; options: GPTOptions }> {
  const files = await modelFiles(source, hub);
  const published = await readConfig(files);
  const { modelType, config } = fromPublished(published);
  const changed = { ...config, ...changes };
  const resolved = resolveConfig(changed);
  const store = await openWeights(files);
  const loaded = new Map<string, Tensor>();
  try {
    const shapes = parameterShapes(resolved);
    const nameIn = checkTensors(store, modelType, resolved, shapes);
    for (const parameter of shapes.keys()) {
      loaded.set(
        parameter,
        await readParameter(store, nameIn(parameter), parameter, modelType, shapes.get(parameter)!),
      );
      onProgress?.(loaded.size, shapes.size);
    }
  } catch (error) {
    for (const weight of loaded.values()) weight.dispose();
    throw error;
  } finally {
    await store.close();
  }
  /** The model takes each tensor over. */
  const initialize = (parameter: string): Tensor => {
    const weight = loaded.get(parameter)!;
    loaded.delete(parameter);
    return weight;
  };
  return { config: changed, options: { name, initialize } };
}

async function readConfig(files: ModelFiles): Promise<PublishedConfig> {
  const bytes = await files('config.json');
  if (bytes === undefined)
    throw new Error('GPT.load: there is no config.json, expected one beside model.safetensors.');
  const text = await readText('config.json', bytes, MAX_CONFIG);
  let json: Json;
  try {
    json = parseStrictJson(text);
  } catch (error) {
    throw new Error(`GPT.load: config.json is not JSON (${(error as Error).message}). Download it again.`, {
      cause: error,
    });
  }
  if (!(json instanceof Map))
    throw new Error('GPT.load: config.json is not a JSON object. Download it again.');
  return toPlain(json) as PublishedConfig;
}

/** Objects without a prototype: a `__proto__` among their keys is a key like any other. */
function toPlain(json: Json): unknown {
  if (json instanceof JsonNumber) return Number(json.text);
  if (Array.isArray(json)) return json.map(toPlain);
  if (!(json instanceof Map)) return json;
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, value] of json) plain[key] = toPlain(value);
  return plain;
}

async function openWeights(files: ModelFiles): Promise<TensorStore> {
  const single = await files('model.safetensors');
  if (single !== undefined) return openSafetensors(single);
  const index = await files('model.safetensors.index.json');
  if (index === undefined) {
    throw new Error(
      'GPT.load: there is neither model.safetensors nor model.safetensors.index.json, expected one of them. ' +
        'Other formats must be converted first.',
    );
  }
  return openSharded(index, async (shard) => {
    const bytes = await files(shard);
    if (bytes !== undefined) return bytes;
    throw new Error(`GPT.load: '${shard}' is missing, expected all files of the index. Download the rest.`);
  });
}

/**
 * Checks that all tensors are there in the right shape before any of them is read, and warns of those that are not used.
 *
 * @returns From our name of a parameter to the name in the file.
 */
function checkTensors(
  { tensors }: TensorStore,
  modelType: ModelType,
  config: ResolvedConfig,
  shapes: ReadonlyMap<string, number[]>,
): (parameter: string) => string {
  const prefix = [...tensors.keys()].some((name) => name.startsWith('transformer.')) ? 'transformer.' : '';
  const nameIn = (parameter: string) => {
    const name = publishedName(modelType, parameter);
    return name.startsWith('lm_head.') ? name : prefix + name;
  };
  const wanted = new Map([...shapes].map(([parameter, shape]) => [nameIn(parameter), { parameter, shape }]));
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter(
    (name) => !wanted.has(name) && !isBuffer(name) && !(config.tiedHead && name === 'lm_head.weight'),
  );
  if (missing.length > 0) {
    throw new Error(
      `GPT.load: ${count(missing, 'tensor is', 'tensors are')} missing: ${list(missing)}` +
        `${unexpected.length > 0 ? `; not understood: ${list(unexpected)}` : ''}. ` +
        `Is config.json that of this ${modelType} checkpoint?`,
    );
  }
  const misshaped = [...wanted].flatMap(([name, { parameter, shape }]) => {
    const { dtype, shape: stored } = tensors.get(name)!;
    const expected = isTransposed(modelType, parameter) ? [...shape].reverse() : shape;
    const isFloat = ['F32', 'F16', 'BF16', 'F64'].includes(dtype);
    if (
      isFloat &&
      (util.arraysEqual(stored as number[], expected) || isShortHead(config, parameter, stored, shape))
    )
      return [];
    return `${name} is ${dtype} [${stored}], expected floats [${expected}]`;
  });
  if (misshaped.length > 0) {
    throw new Error(`GPT.load: ${list(misshaped, '; ')}. Is config.json that of this checkpoint?`);
  }
  if (unexpected.length > 0) {
    console.warn(
      `GPT.load: ${count(unexpected, 'tensor is', 'tensors are')} not part of the model: ${list(unexpected)}.`,
    );
  }
  return nameIn;
}

/** A head that is to be expanded by one output, stored without it. */
const isShortHead = (
  { expandHead, tiedHead }: ResolvedConfig,
  parameter: string,
  stored: readonly number[],
  shape: readonly number[],
): boolean =>
  expandHead &&
  parameter === (tiedHead ? 'embed.weight' : 'head.weight') &&
  stored.length === 2 &&
  stored[0] === shape[0] - 1 &&
  stored[1] === shape[1];

async function readParameter(
  store: TensorStore,
  name: string,
  parameter: string,
  modelType: ModelType,
  shape: number[],
): Promise<Tensor> {
  const read = (await store.read(name)) as Float32Array | Float64Array;
  const numbers = read instanceof Float32Array ? read : Float32Array.from(read);
  const wrong = firstNonFinite(numbers);
  if (wrong >= 0) {
    throw new Error(
      `GPT.load: ${name} holds ${numbers[wrong]} at entry ${wrong}, expected finite numbers. Download it again.`,
    );
  }
  const stored = store.tensors.get(name)!.shape as number[];
  return tidy(() => {
    const weight = tensor(numbers, stored, 'float32');
    if (isTransposed(modelType, parameter)) return transpose(weight);
    return stored[0] === shape[0] - 1 && stored.length === 2
      ? concat([weight, zeros([1, stored[1]])])
      : weight;
  });
}

/** A plain loop: a callback per number would take longer than reading the file. */
function firstNonFinite(numbers: Float32Array): number {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return i;
  return -1;
}

const count = (names: readonly string[], one: string, many: string) =>
  `${names.length} ${names.length === 1 ? one : many}`;

const list = (names: readonly string[], separator = ', '): string =>
  names.slice(0, 8).join(separator) + (names.length > 8 ? ` and ${names.length - 8} more` : '');
