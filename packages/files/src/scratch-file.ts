import type { ByteSource } from './byte-source.js';
import { FileSource } from './file-source.js';
import { nodeFs, nodeOs, nodePath } from './node-modules.js';

/** A file without a name: what is too much for memory, while it is needed. Nothing is left of it, even by a killed process. */
export interface ScratchFile {
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** What has been written. Closing it frees the space on the disk. */
  source(): ByteSource;
  /** Frees the space on the disk. */
  close(): Promise<void>;
}

/**
 * Creates a file that is deleted as soon as it is open: the system keeps it until it is closed.
 *
 * @param folder On which disk. Default: the system's folder for temporary files.
 * @throws If the folder cannot be written to, or the disk is full. Outside Node.
 */
export async function createScratchFile(where: string, folder?: string): Promise<ScratchFile> {
  const fs = await nodeFs(where);
  const { join } = await nodePath();
  const at = folder ?? (await nodeOs()).tmpdir();
  const trying = <T>(action: Promise<T>): Promise<T> =>
    action.catch((error: Error) => {
      throw new Error(
        `${where}: a temporary file in '${at}' cannot be written (${error.message}), expected a disk with room. ` +
          'Choose another one with the environment variable TMPDIR.',
        { cause: error },
      );
    });
  const path = join(at, `evenkeel-${process.pid}-${Math.random().toString(36).slice(2, 10)}`);
  const file = await trying(fs.promises.open(path, 'wx+'));
  await trying(fs.promises.rm(path));
  let size = 0;
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await trying(file.write(bytes, done, bytes.length - done, size));
        done += bytesWritten;
        size += bytesWritten;
      }
    },
    source: () => new FileSource(where, 'a temporary file', file, fs.readSync, size),
    close: () => file.close(),
  };
}
