import { makeFolder, writeAtomicFile } from '@evenkeel/files';
import { encodeSafetensors, type Lazy, type SaveOptions, saveSafetensors } from '@evenkeel/safetensors';
import { clone, type Tensor, tidy, transpose, type Variable } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from '../config.js';
import type { FrozenWeights } from '../frozen/frozen-weights.js';
import { parameterShapes } from '../parameters.js';
import type { Published } from '../published.js';
import { writeModelManifest } from './model-manifest.js';
import { isTransposed, namePrefix, publishedName } from './published-names.js';
import { toPublished } from './to-published.js';

export type SaveModelOptions = Pick<SaveOptions, 'dtype'>;

/** The files that are saved, by name. */
export type ModelFiles = {
  'config.json': Uint8Array;
  'model.safetensors': Uint8Array;
  /** If the model was loaded with one, or was made with `published.generation`. */
  'generation_config.json'?: Uint8Array;
};

interface Saved {
  /** The files of text, in the order in which they are written. */
  texts: Omit<ModelFiles, 'model.safetensors'>;
  tensors: Record<string, Tensor | Lazy>;
  /** Frees what was made for the file. */
  dispose(): void;
}

/** What is saved of a model. */
export interface SavedModel {
  readonly config: ResolvedConfig;
  readonly published: Published;
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly frozen?: FrozenWeights;
}

/**
 * Writes `model.safetensors`, `config.json` and, if the model came with one, `generation_config.json` into a directory, each
 * complete or not at all, the weights first, and last their sizes and hashes, which reading checks.
 *
 * In the published layout of the model's family where that can describe it, so that Python's transformers reads it; else,
 * as for the `lipschitz` architecture, with our own names and model_type `evenkeel`. What the files of a loaded model said
 * beside, such as token ids, is written again.
 */
export async function saveModel(
  directory: string,
  model: SavedModel,
  { dtype = 'F32' }: SaveModelOptions = {},
): Promise<void> {
  await makeFolder('saveSafetensors', directory);
  const saved = prepare(model, dtype);
  try {
    await saveSafetensors(`${directory}/model.safetensors`, saved.tensors, { dtype, metadata: METADATA });
  } finally {
    saved.dispose();
  }
  for (const [name, bytes] of Object.entries(saved.texts)) {
    await writeAtomicFile('saveSafetensors', `${directory}/${name}`, bytes);
  }
  await writeModelManifest(directory, ['model.safetensors', ...Object.keys(saved.texts)]);
}

/** The same files as bytes, for a page to offer or for another store. */
export async function encodeModel(
  model: SavedModel,
  { dtype = 'F32' }: SaveModelOptions = {},
): Promise<ModelFiles> {
  const saved = prepare(model, dtype);
  try {
    return {
      ...saved.texts,
      'model.safetensors': await encodeSafetensors(saved.tensors, { dtype, metadata: METADATA }),
    };
  } finally {
    saved.dispose();
  }
}

/** What Python's transformers asks for. */
const METADATA = { format: 'pt' };
/** Said, since transformers would else take those of the family's first model, and end texts at tokens of other meaning. */
const NO_TOKENS = { bos_token_id: null, eos_token_id: null, pad_token_id: null };
const TORCH_DTYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

function prepare(
  { config, published, parameters, frozen }: SavedModel,
  dtype: 'F32' | 'F16' | 'BF16',
): Saved {
  const { modelType, published: described } = toPublished(config);
  const oriented = (name: string, value: Tensor) =>
    isTransposed(modelType, name) ? transpose(value) : clone(value);
  const entries = [...parameterShapes(config)].map(([name, shape]) => {
    const stored = publishedName(modelType, name);
    const variable = parameters.get(name);
    const value: Tensor | Lazy = variable
      ? oriented(name, variable)
      : {
          dtype: 'float32',
          shape: isTransposed(modelType, name) ? [...shape].reverse() : shape,
          make: () => tidy(() => oriented(name, frozen!.byName.get(name)!.widen())),
        };
    return [stored.startsWith('lm_head.') ? stored : namePrefix(modelType) + stored, value] as const;
  });
  const isPublished = modelType !== 'evenkeel';
  const dtypes = isPublished && { torch_dtype: TORCH_DTYPES[dtype] };
  return {
    texts: {
      ...(published.generation && { 'generation_config.json': json(published.generation) }),
      'config.json': json({ ...(isPublished && NO_TOKENS), ...published.config, ...described, ...dtypes }),
    },
    tensors: Object.fromEntries(entries),
    dispose() {
      for (const [, value] of entries) if (!('make' in value)) value.dispose();
    },
  };
}

const json = (value: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
