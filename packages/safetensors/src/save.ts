import { createAtomicFile, joinBytes } from '@evenkeel/files';
import type { Tensor } from '@tensorflow/tfjs-core';
import { BYTES_PER_NUMBER } from './dtype.js';
import { encodeFloats, littleEndian, type StoredFloat } from './encode.js';

export interface SaveOptions {
  /** How float32 numbers are stored; BF16 and F16 are rounded to nearest, ties to even. Default `'F32'`, exact. */
  dtype?: StoredFloat;
  /** Text to note in the file, by name. `{ format: 'pt' }` lets Python's transformers load it. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes tensors to a safetensors file, one at a time: no more than one is in memory twice.
 *
 * The file is written under another name, synced to disk and renamed: it is complete or not there, and an older file of
 * that name stays until then. Node only; in a page use {@link encodeSafetensors}.
 *
 * @param tensors By name; float32, int32 or bool. A function may make one when its turn comes; it is then disposed.
 * @throws If the file cannot be written or a tensor cannot be stored. Then nothing has changed.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor | Lazy>>,
  options: SaveOptions = {},
): Promise<void> {
  const header = encodeHeader('saveSafetensors', tensors, options);
  const file = await createAtomicFile('saveSafetensors', path);
  try {
    await file.write(header);
    for (const tensor of Object.values(tensors)) await file.write(await bytesOf(tensor, options));
    await file.publish();
  } finally {
    await file.discard();
  }
}

/** The same as bytes in memory, for a download or a test. */
export async function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor | Lazy>>,
  options: SaveOptions = {},
): Promise<Uint8Array> {
  const parts = [encodeHeader('encodeSafetensors', tensors, options)];
  for (const tensor of Object.values(tensors)) parts.push(await bytesOf(tensor, options));
  return joinBytes(parts);
}

/** A tensor that is made when it is written. */
export interface Lazy {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  make(): Tensor;
}

/** The header with its length in front, padded so that the data is aligned to 8 bytes. */
function encodeHeader(
  where: string,
  tensors: Readonly<Record<string, Tensor | Lazy>>,
  { dtype = 'F32', metadata }: SaveOptions,
): Uint8Array {
  if (!['F32', 'F16', 'BF16'].includes(dtype)) {
    throw new Error(`${where}: dtype is '${String(dtype)}', expected 'F32', 'F16' or 'BF16'.`);
  }
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const stored = ({ float32: dtype, int32: 'I32', bool: 'BOOL' } as Record<string, string>)[tensor.dtype];
    if (!stored || name === '__metadata__') {
      throw new Error(
        `${where}: '${name}' is ${tensor.dtype}, expected float32, int32 or bool under a name other than __metadata__.`,
      );
    }
    const size = tensor.shape.reduce((product, length) => product * length, BYTES_PER_NUMBER.get(stored)!);
    const range = [offset, offset + size];
    offset += size;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: stored, shape: tensor.shape, data_offsets: range })}`;
  });
  if (metadata) entries.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

async function bytesOf(tensor: Tensor | Lazy, { dtype = 'F32' }: SaveOptions): Promise<Uint8Array> {
  const made = 'make' in tensor ? tensor.make() : tensor;
  try {
    const data = await made.data();
    return made.dtype === 'float32'
      ? encodeFloats(data as Float32Array, dtype)
      : littleEndian(data as Int32Array, made.dtype === 'bool' ? 1 : 4);
  } finally {
    if ('make' in tensor) made.dispose();
  }
}
