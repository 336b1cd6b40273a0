import type { ByteSource } from '@evenkeel/files';
import { decode, type TensorData } from './decode.js';
import { BYTES_PER_NUMBER } from './dtype.js';
import type { TensorInfo } from './header.js';

/** A tensor that stays as it is stored, and can be read in parts without waiting. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** How many numbers it has. */
  readonly size: number;
  /** `count` numbers from number `begin` on, row by row; all by default. Decoded as {@link TensorStore.read} does. */
  read(begin?: number, count?: number): TensorData;
}

/** In its file, where that can be read at once; else its bytes are fetched, once. */
export async function keepStored(name: string, source: ByteSource, info: TensorInfo): Promise<StoredTensor> {
  const { dtype, shape, offset, byteLength } = info;
  const bytesEach = BYTES_PER_NUMBER.get(dtype)!;
  const size = byteLength / bytesEach;
  const whole = source.readSync ? undefined : await source.read(offset, byteLength);
  const bytes = (begin: number, length: number) =>
    whole ? whole.subarray(begin, begin + length) : source.readSync!(offset + begin, length);
  return {
    dtype,
    shape,
    size,
    read(begin = 0, count = size - begin) {
      const isWithin = Number.isInteger(begin) && Number.isInteger(count) && begin >= 0 && count >= 0;
      if (isWithin && begin + count <= size) {
        return decode(name, dtype, bytes(begin * bytesEach, count * bytesEach));
      }
      throw new Error(
        `read: ${count} numbers of '${name}' from ${begin} on were asked for, expected some of its ${size}. See size.`,
      );
    },
  };
}
