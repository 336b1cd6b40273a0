import { type ByteSource, type Bytes, openBytes } from '@evenkeel/files';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { decode, type TensorData } from './decode.js';
import { isFloat } from './dtype.js';
import { readHeader, type TensorInfo } from './header.js';
import { keepStored, type StoredTensor } from './stored-tensor.js';

/** Tensors that can be read one at a time: a safetensors file, or several as one. */
export interface TensorStore {
  /** Each tensor's dtype and shape, by name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What the writer noted about the file: text by name. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The stored bytes of a tensor, little-endian: all, or `length` of them from its byte `begin` on. */
  readBytes(name: string, begin?: number, length?: number): Promise<Uint8Array>;
  /**
   * A tensor to be read later, in parts and without waiting, as long as this is open: in its file where that is possible, else
   * in memory, as it is stored.
   */
  keep(name: string): Promise<StoredTensor>;
  /** Its numbers: F32, F16 and BF16 as float32, exactly; 64-bit integers as BigInt. */
  read(name: string): Promise<TensorData>;
  /** The same as a tfjs tensor: floats as float32, BOOL as bool, other integers as int32. */
  readTensor(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file. Only its header is read; each tensor is read when it is asked for.
 *
 * The header is checked whole before anything is returned: sizes, dtypes, shapes, offsets without gap or overlap, no key
 * twice. A file from anywhere can be opened without harm.
 *
 * @param bytes A file's name (in Node), a web address (read by HTTP ranges), a Blob or File, a buffer, or your own source.
 * @throws If it cannot be opened or is not a valid safetensors file.
 * @see https://huggingface.co/docs/safetensors
 */
export async function openSafetensors(bytes: Bytes): Promise<TensorStore> {
  const source = await openBytes('openSafetensors', bytes);
  const name = typeof bytes === 'string' || bytes instanceof URL ? `'${bytes}'` : 'this';
  try {
    const { tensors, metadata } = await readHeader(`openSafetensors: ${name}`, source);
    return new SafetensorsFile(source, tensors, metadata);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** Bytes read at a time. */
const PIECE = 2 ** 22;

class SafetensorsFile implements TensorStore {
  constructor(
    private readonly source: ByteSource,
    readonly tensors: ReadonlyMap<string, TensorInfo>,
    readonly metadata: ReadonlyMap<string, string>,
  ) {}

  async readBytes(name: string, begin = 0, length?: number): Promise<Uint8Array> {
    const info = this.tensors.get(name);
    if (info) {
      const count = length ?? info.byteLength - begin;
      requireWithin(name, info, begin, count);
      return this.source.read(info.offset + begin, count);
    }
    const known = [...this.tensors.keys()];
    throw new Error(
      `readTensor: '${name}' is not in the file, expected one of its ${known.length} tensors, such as ` +
        `${known.slice(0, 3).join(', ')}.`,
    );
  }

  async keep(name: string): Promise<StoredTensor> {
    const info = this.tensors.get(name);
    if (!info) await this.readBytes(name); // which says that it is not there
    return keepStored(name, this.source, info!);
  }

  async read(name: string): Promise<TensorData> {
    const info = this.tensors.get(name);
    if (info && (info.dtype === 'BF16' || info.dtype === 'F16')) return this.readHalves(name, info);
    const bytes = await this.readBytes(name);
    return decode(name, this.tensors.get(name)!.dtype, bytes);
  }

  /** In pieces, so that a large tensor is never in memory as bytes and as numbers at once. */
  private async readHalves(name: string, { dtype, offset, byteLength }: TensorInfo): Promise<Float32Array> {
    const numbers = new Float32Array(byteLength / 2);
    for (let done = 0; done < byteLength; done += PIECE) {
      const bytes = await this.source.read(offset + done, Math.min(PIECE, byteLength - done));
      numbers.set(decode(name, dtype, bytes) as Float32Array, done / 2);
    }
    return numbers;
  }

  async readTensor(name: string): Promise<Tensor> {
    return toTensor(name, this.tensors.get(name), await this.read(name));
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }
}

function requireWithin(name: string, { byteLength }: TensorInfo, begin: number, length: number): void {
  if (
    Number.isInteger(begin) &&
    Number.isInteger(length) &&
    begin >= 0 &&
    length >= 0 &&
    begin + length <= byteLength
  )
    return;
  throw new Error(
    `readBytes: ${length} bytes of '${name}' from ${begin} on were asked for, expected some of its ${byteLength}. See tensors.`,
  );
}

/** Numbers as a tensor of the dtype that holds them. @throws If a 64-bit integer does not fit into int32. */
function toTensor(name: string, info: TensorInfo | undefined, data: TensorData): Tensor {
  const { dtype, shape } = info!;
  if (isFloat(dtype)) return tensor(Float32Array.from(data as Float32Array), [...shape], 'float32');
  if (dtype === 'BOOL') return tensor(data as Uint8Array, [...shape], 'bool');
  const integers = Int32Array.from(data as Int32Array, (value: number | bigint) => {
    if (Number(BigInt.asIntN(32, BigInt(value))) === Number(value)) return Number(value);
    throw new Error(
      `readTensor: '${name}' is ${dtype} and holds ${value}, expected integers of 32 bits. Use read('${name}').`,
    );
  });
  return tensor(integers, [...shape], 'int32');
}
