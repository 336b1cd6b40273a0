import { type Bytes, openBytes } from '@evenkeel/files';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorData } from './decode.js';
import type { TensorInfo } from './header.js';
import { openSafetensors, type TensorStore } from './safetensors-file.js';
import type { StoredTensor } from './stored-tensor.js';
import { parseStrictJson } from './strict-json.js';

/** The longest index that is read. */
const MAX_INDEX = 100_000_000;

/**
 * Opens a model that is stored in several files, as one.
 *
 * @param index `model.safetensors.index.json`, which says which tensor is in which file.
 * @param open From a file's name, which is checked to be a plain name, to the file: `(name) => join(directory, name)`.
 * @throws If the index is not valid, a file is missing or damaged, or a tensor is not in the file it should be in.
 */
export async function openSharded(
  index: Bytes,
  open: (file: string) => Bytes | Promise<Bytes>,
): Promise<TensorStore> {
  const fileOf = await readIndex(index);
  const shards = new Map<string, TensorStore>();
  try {
    for (const file of new Set(fileOf.values())) shards.set(file, await openSafetensors(await open(file)));
    const tensors = new Map<string, TensorInfo>();
    for (const [name, file] of fileOf) {
      const info = shards.get(file)!.tensors.get(name);
      if (!info)
        throw new Error(
          `openSharded: '${name}' is not in '${file}', where the index says it is. Download both again.`,
        );
      tensors.set(name, info);
    }
    return new Shards(tensors, fileOf, shards);
  } catch (error) {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
    throw error;
  }
}

async function readIndex(index: Bytes): Promise<Map<string, string>> {
  const fail = (what: string): never => {
    throw new Error(`openSharded: the index is not valid: ${what}. Download it again.`);
  };
  const source = await openBytes('openSharded', index);
  let weightMap: unknown;
  try {
    if (source.size > MAX_INDEX) fail(`it has ${source.size} bytes, expected at most ${MAX_INDEX}`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
    const json = parseStrictJson(text);
    weightMap = json instanceof Map ? json.get('weight_map') : undefined;
  } catch (error) {
    if ((error as Error).message.startsWith('openSharded')) throw error;
    fail(`it is not JSON (${(error as Error).message})`);
  } finally {
    await source.close?.();
  }
  if (!(weightMap instanceof Map)) return fail("it has no object 'weight_map'");
  for (const [name, file] of weightMap as Map<string, unknown>) {
    if (typeof file === 'string' && /^[\w][\w.-]*\.safetensors$/.test(file)) continue;
    fail(
      `it says that '${name}' is in ${JSON.stringify(String(file)).slice(0, 100)}, expected a plain file name, x.safetensors`,
    );
  }
  return weightMap as Map<string, string>;
}

class Shards implements TensorStore {
  constructor(
    readonly tensors: ReadonlyMap<string, TensorInfo>,
    private readonly fileOf: ReadonlyMap<string, string>,
    private readonly shards: ReadonlyMap<string, TensorStore>,
  ) {}

  get metadata(): ReadonlyMap<string, string> {
    return new Map([...this.shards.values()].flatMap(({ metadata }) => [...metadata]));
  }
  readBytes = (name: string, begin?: number, length?: number): Promise<Uint8Array> =>
    this.shardOf(name).readBytes(name, begin, length);
  keep = (name: string): Promise<StoredTensor> => this.shardOf(name).keep(name);
  read = (name: string): Promise<TensorData> => this.shardOf(name).read(name);
  readTensor = (name: string): Promise<Tensor> => this.shardOf(name).readTensor(name);

  async close(): Promise<void> {
    await Promise.all([...this.shards.values()].map((shard) => shard.close()));
  }

  /** The first file also answers for names that are nowhere, by its error. */
  private shardOf(name: string): TensorStore {
    return this.shards.get(this.fileOf.get(name) ?? '') ?? [...this.shards.values()][0];
  }
}
