import { createAtomicFile, nodeFs } from '@evenkeel/files';
import { encodeSafetensors, type SaveOptions, saveSafetensors } from '@evenkeel/safetensors';
import { clone, type Tensor, transpose, type Variable } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from '../config.js';
import { toPublished } from './published-config.js';
import { isTransposed, publishedName } from './published-names.js';

export type SaveModelOptions = Pick<SaveOptions, 'dtype'>;

interface Saved {
  config: string;
  tensors: Record<string, Tensor>;
  /** Frees what was made for the file. */
  dispose(): void;
}

/**
 * Writes `config.json` and `model.safetensors` into a directory, each complete or not at all, the weights first.
 *
 * In the published layout of the model's family where that can describe it, so that Python's transformers reads it; else,
 * as for the `lipschitz` architecture, with our own names and model_type `evenkeel`.
 */
export async function saveModel(
  directory: string,
  config: ResolvedConfig,
  parameters: ReadonlyMap<string, Variable>,
  { dtype = 'F32' }: SaveModelOptions = {},
): Promise<void> {
  const fs = await nodeFs('saveSafetensors');
  await fs.promises.mkdir(directory, { recursive: true });
  const saved = prepare(config, parameters, dtype);
  try {
    await saveSafetensors(`${directory}/model.safetensors`, saved.tensors, { dtype, metadata: METADATA });
  } finally {
    saved.dispose();
  }
  const file = await createAtomicFile('saveSafetensors', `${directory}/config.json`);
  try {
    await file.write(new TextEncoder().encode(saved.config));
    await file.sync();
    await file.publish();
  } finally {
    await file.discard();
  }
}

/** The same two files as bytes, for a page to offer or for another store. */
export async function encodeModel(
  config: ResolvedConfig,
  parameters: ReadonlyMap<string, Variable>,
  { dtype = 'F32' }: SaveModelOptions = {},
): Promise<Record<'config.json' | 'model.safetensors', Uint8Array>> {
  const saved = prepare(config, parameters, dtype);
  try {
    return {
      'config.json': new TextEncoder().encode(saved.config),
      'model.safetensors': await encodeSafetensors(saved.tensors, { dtype, metadata: METADATA }),
    };
  } finally {
    saved.dispose();
  }
}

/** What Python's transformers asks for. */
const METADATA = { format: 'pt' };
const TORCH_DTYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

function prepare(
  config: ResolvedConfig,
  parameters: ReadonlyMap<string, Variable>,
  dtype: 'F32' | 'F16' | 'BF16',
): Saved {
  const { modelType, published } = toPublished(config);
  const prefix = modelType === 'gpt2' ? 'transformer.' : '';
  const entries = [...parameters].map(([name, variable]) => {
    const stored = publishedName(modelType, name);
    const value = isTransposed(modelType, name) ? transpose(variable) : clone<Tensor>(variable);
    return [stored.startsWith('lm_head.') ? stored : prefix + stored, value] as const;
  });
  const json = modelType === 'evenkeel' ? published : { ...published, torch_dtype: TORCH_DTYPES[dtype] };
  return {
    config: `${JSON.stringify(json, null, 2)}\n`,
    tensors: Object.fromEntries(entries),
    dispose() {
      for (const [, tensor] of entries) tensor.dispose();
    },
  };
}
