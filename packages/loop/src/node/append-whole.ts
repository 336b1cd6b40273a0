import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/**
 * Appends to a file, whole or not at all: on a full disk a line cut short would spoil the one after it.
 *
 * @throws If it cannot be written. The file is then as it was.
 */
export function appendWhole(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const file = openSync(path, 'a');
  try {
    const { size } = fstatSync(file);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    } catch (error) {
      if (fstatSync(file).isFile()) ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}
