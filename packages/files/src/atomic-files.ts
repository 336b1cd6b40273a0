import type { FileHandle } from 'node:fs/promises';
import { nodeFs } from './node-modules.js';

/** A file that comes into being complete or not at all: it is written under another name, synced and renamed. */
export interface AtomicFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts everything onto the disk; after that `publish` can hardly fail. */
  sync(): Promise<void>;
  /** Gives it its name, in place of what had it. */
  publish(): Promise<void>;
  /** Takes it back; nothing once it is published. */
  discard(): Promise<void>;
}

/** @throws If the folder cannot be written to. */
export async function createAtomicFile(where: string, path: string): Promise<AtomicFile> {
  const { promises: fs } = await nodeFs(where);
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2, 10)}.tmp`;
  let file: FileHandle;
  try {
    file = await fs.open(temporary, 'wx');
  } catch (error) {
    throw new Error(
      `${where}: '${path}' cannot be written (${(error as Error).message}), expected a folder that can. Check out.`,
      { cause: error },
    );
  }
  let isOpen = true;
  let isThere = true;
  const close = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
      }
    },
    async sync() {
      await file.sync();
      await close();
    },
    async publish() {
      await fs.rename(temporary, path);
      isThere = false;
    },
    async discard() {
      await close();
      if (isThere) await fs.rm(temporary, { force: true });
      isThere = false;
    },
  };
}
