/** Bytes that count how many of them were read: work is bounded by what is read, not by how long it took. */
export interface CountedBytes {
  readonly size: number;
  readonly bytesRead: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory, as `openBytes` of `@evenkeel/files` takes it. */
export function countedBytes(bytes: Uint8Array): CountedBytes {
  let bytesRead = 0;
  return {
    size: bytes.length,
    get bytesRead() {
      return bytesRead;
    },
    async read(offset, length) {
      bytesRead += length;
      return bytes.slice(offset, offset + length);
    },
  };
}
