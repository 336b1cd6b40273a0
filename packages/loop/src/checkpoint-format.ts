import type { Bytes } from '@evenkeel/files';
import { openSafetensors, type TensorStore } from '@evenkeel/safetensors';
import { dispose } from '@tensorflow/tfjs-core';
import type { NamedTensor } from './named-tensor.js';

/** The files of a checkpoint. */
export const WEIGHTS = 'weights.safetensors';
export const OPTIMIZER = 'optimizer.safetensors';
export const STATE = 'state.json';
/** Lists the other files with their sizes and hashes; it is written last. */
export const MANIFEST = 'manifest.json';

/** The folder of a checkpoint: `step-00000500`. */
export const folderOf = (step: number): string => `step-${String(step).padStart(8, '0')}`;

export const namesOf = (tensors: readonly NamedTensor[]): string[] => tensors.map(({ name }) => name);

/** @throws If a name occurs twice. */
export function byName(tensors: readonly NamedTensor[]): Record<string, NamedTensor['tensor']> {
  const record = Object.fromEntries(tensors.map(({ name, tensor }) => [name, tensor]));
  if (Object.keys(record).length === tensors.length) return record;
  const twice = namesOf(tensors).find((name, i, all) => all.indexOf(name) !== i);
  throw new Error(`checkpoint: the name '${twice}' occurs twice, expected one tensor per name.`);
}

/**
 * The tensors of a safetensors file in the order of `names`.
 *
 * @param path What errors call it.
 * @throws If it is damaged or lacks one.
 */
export async function readTensors(
  bytes: Bytes,
  path: string,
  names: readonly string[],
): Promise<NamedTensor[]> {
  const read: NamedTensor[] = [];
  let store: TensorStore | undefined;
  try {
    store = await openSafetensors(bytes);
    for (const name of names) read.push({ name, tensor: await store.readTensor(name) });
    return read;
  } catch (error) {
    dispose(read.map(({ tensor }) => tensor));
    throw new Error(`'${path}' does not hold what its checkpoint says: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await store?.close();
  }
}
