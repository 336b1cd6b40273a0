import type { ByteSource, Bytes } from './byte-source.js';
import { openFile } from './file-source.js';
import { openUrl } from './http-source.js';

/** @throws If the bytes are none of these or the file cannot be opened. */
export async function openBytes(where: string, bytes: Bytes): Promise<ByteSource> {
  if (isHttp(bytes)) return openUrl(where, String(bytes));
  if (typeof bytes === 'string' || bytes instanceof URL) return openFile(where, bytes);
  if (bytes instanceof ArrayBuffer) return bufferSource(new Uint8Array(bytes));
  // A plain view: Node's Buffer is a Uint8Array whose slice shares memory.
  if (bytes instanceof Uint8Array) {
    return bufferSource(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  if (typeof Blob !== 'undefined' && bytes instanceof Blob) return blobSource(bytes);
  const { size, read } = (bytes ?? {}) as Partial<ByteSource>;
  if (Number.isSafeInteger(size) && size! >= 0 && typeof read === 'function') return bytes as ByteSource;
  throw new Error(
    `${where}: the bytes are ${show(bytes)}, expected a file's name, a URL, a Blob, an ArrayBuffer, a Uint8Array or ` +
      'an object with size and read.',
  );
}

function bufferSource(buffer: Uint8Array): ByteSource {
  const readSync = (offset: number, length: number) => buffer.subarray(offset, offset + length);
  return { size: buffer.byteLength, readSync, read: async (offset, length) => readSync(offset, length) };
}

function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

const isHttp = (bytes: Bytes): boolean =>
  (typeof bytes === 'string' || bytes instanceof URL) && /^https?:\/\//i.test(String(bytes));

function show(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}
