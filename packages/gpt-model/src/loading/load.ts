import { openSafetensors, openSharded, type TensorStore } from '@evenkeel/safetensors';
import { concat, type Tensor, tensor, tidy, transpose, util, zeros } from '@tensorflow/tfjs-core';
import type { GPTConfig, ResolvedConfig } from '../config.js';
import { FrozenWeight } from '../frozen/frozen-weight.js';
import { FrozenWeights } from '../frozen/frozen-weights.js';
import { parameterShapes } from '../parameters.js';
import type { Published } from '../published.js';
import { resolveConfig } from '../resolve-config.js';
import { fromPublished } from './from-published.js';
import type { ModelFolder } from './model-folder.js';
import type { ModelSource, OpenOptions } from './model-source.js';
import type { ModelType } from './model-type.js';
import { openModelFolder } from './open-model-folder.js';
import { isBuffer, isTransposed } from './published-names.js';
import { type StoredName, storedNames } from './stored-names.js';

export interface LoadOptions extends OpenOptions {
  /** The model's name, as for a new one. */
  name?: string;
  /** Choices that differ from the file's: `{ dropout: 0.1, checkpointing: true, head: 'stablemax', expandHead: true }`. */
  config?: Partial<GPTConfig>;
  /**
   * Which parameters are not trained and stay as they are published, in their file or a buffer, outside of tfjs's memory:
   * all, those whose names match, or those for which a function says so. They are widened to float32 block by block
   * whenever a pass needs them. Default none.
   */
  frozen?: boolean | RegExp | ((parameter: string) => boolean);
  /** Called after each tensor. */
  onProgress?: (loaded: number, total: number) => void;
}

/** What a model is made of. */
export interface ReadModel {
  readonly config: GPTConfig;
  readonly published: Published;
  /** The weights by our names. Whoever makes the model takes each over. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly frozen?: FrozenWeights;
}

/**
 * Reads what a model is made of: its config, its weights, and what its files say beside.
 *
 * @throws If a file is missing or damaged, the config asks for what is not supported, or tensors are missing or have
 *     another shape, dtype or non-finite numbers, by name. Nothing is left behind.
 */
export async function readModel(
  source: ModelSource,
  { config: changes, name: _, frozen = false, onProgress, ...hub }: LoadOptions = {},
): Promise<ReadModel> {
  const folder = await openModelFolder(source, hub);
  const { modelType, config, rest, unknown } = fromPublished(await readConfig(folder));
  if (unknown.length > 0) {
    console.warn(
      `GPT.load: config.json has ${count(unknown, 'field that is', 'fields that are')} not known: ${list(unknown)}. ` +
        'The model is right only if that changes nothing.',
    );
  }
  const published = { config: rest, generation: await folder.json('generation_config.json') };
  const changed = { ...config, ...changes };
  const isFrozen = (parameter: string): boolean =>
    typeof frozen === 'function'
      ? frozen(parameter)
      : frozen instanceof RegExp
        ? frozen.test(parameter)
        : frozen;
  const resolved = resolveConfig(changed);
  return {
    config: changed,
    published,
    ...(await readWeights(folder, modelType, resolved, isFrozen, onProgress)),
  };
}

async function readConfig(folder: ModelFolder) {
  const config = await folder.json('config.json');
  if (config !== undefined) return config;
  throw new Error('GPT.load: there is no config.json, expected one beside model.safetensors.');
}

async function readWeights(
  folder: ModelFolder,
  modelType: ModelType,
  config: ResolvedConfig,
  isFrozen: (parameter: string) => boolean,
  onProgress: LoadOptions['onProgress'],
): Promise<Pick<ReadModel, 'weights' | 'frozen'>> {
  const store = await openWeights(folder);
  const weights = new Map<string, Tensor>();
  const kept = new Map<string, FrozenWeight>();
  try {
    const shapes = parameterShapes(config);
    const nameIn = await storedNames(store, modelType, config);
    checkTensors(store, modelType, config, shapes, nameIn);
    for (const [parameter, shape] of shapes) {
      const name = nameIn(parameter);
      if (isFrozen(parameter)) {
        const isOther = isTransposed(modelType, parameter);
        kept.set(parameter, new FrozenWeight(name, shape, await store.keep(name), isOther));
      } else weights.set(parameter, await readParameter(store, name, parameter, modelType, shape));
      onProgress?.(weights.size + kept.size, shapes.size);
    }
  } catch (error) {
    for (const weight of weights.values()) weight.dispose();
    await store.close();
    throw error;
  }
  if (kept.size > 0) return { weights, frozen: new FrozenWeights(kept, () => store.close()) };
  await store.close();
  return { weights };
}

async function openWeights(folder: ModelFolder): Promise<TensorStore> {
  const single = await folder.find('model.safetensors');
  if (single !== undefined) return openSafetensors(single);
  const index = await folder.find('model.safetensors.index.json');
  if (index === undefined) {
    throw new Error(
      'GPT.load: there is neither model.safetensors nor model.safetensors.index.json, expected one of them. ' +
        'Other formats must be converted first.',
    );
  }
  return openSharded(index, async (shard) => {
    const bytes = await folder.find(shard);
    if (bytes !== undefined) return bytes;
    throw new Error(`GPT.load: '${shard}' is missing, expected all files of the index. Download the rest.`);
  });
}

/** Checks that all tensors are there in the right shape before any of them is read, and warns of those that are not used. */
function checkTensors(
  { tensors }: TensorStore,
  modelType: ModelType,
  config: ResolvedConfig,
  shapes: ReadonlyMap<string, number[]>,
  nameIn: StoredName,
): void {
  const wanted = new Map([...shapes].map(([parameter, shape]) => [nameIn(parameter), { parameter, shape }]));
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name));
  const tied = config.tiedHead ? nameIn('head.weight') : undefined;
  const unexpected = [...tensors.keys()].filter(
    (name) => !wanted.has(name) && !isBuffer(name) && name !== tied,
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
