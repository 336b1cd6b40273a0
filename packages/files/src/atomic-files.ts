import type { FileHandle } from 'node:fs/promises';
import { draftPath } from './drafts.js';
import { fileKind } from './file-kind.js';
import { syncFolder } from './folders.js';
import { nodeFs, nodePath } from './node-modules.js';

/** A file that comes into being complete or not at all: it is written as a draft beside it, synced and renamed. */
export interface AtomicFile {
  /** Appends bytes, or a text in UTF-8. */
  write(content: Uint8Array | string): Promise<void>;
  /** Puts everything onto the disk; after that `publish` can hardly fail. Nothing can be written any more. */
  sync(): Promise<void>;
  /** Syncs if that has not been done, gives the file its name in place of what had it, and syncs the folder. */
  publish(): Promise<void>;
  /** Takes it back. Does nothing once it is published, so that it can stand in a `finally`. */
  discard(): Promise<void>;
}

/**
 * Begins a file that is written piece by piece.
 *
 * A process that is killed leaves a draft, `NAME.HOST-PID-START-RANDOM.tmp`; `removeLeftDrafts` takes it away.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws If the folder cannot be written to, or something else than a plain file has the name. So do all of its
 *     functions if the system refuses.
 */
export async function createAtomicFile(where: string, path: string): Promise<AtomicFile> {
  const { promises: fs } = await nodeFs(where);
  const { dirname } = await nodePath();
  const trying = <T>(action: Promise<T>): Promise<T> =>
    action.catch((error: Error) => {
      throw new Error(
        `${where}: '${path}' cannot be written (${error.message}), expected a place with room and the right to write. ` +
          'What was there before still is.',
        { cause: error },
      );
    });
  const before = await trying(
    fs.stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error; // such as a name that is too long: better now than after hours
    }),
  );
  if (before && !before.isFile()) {
    throw new Error(
      `${where}: '${path}' is ${fileKind(before)}, expected the name of a file. Choose another name.`,
    );
  }
  const draft = await draftPath(path);
  const file: FileHandle = await trying(fs.open(draft, 'wx', before && before.mode & 0o777));
  let isOpen = true;
  let isThere = true;
  const close = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  const sync = async () => {
    if (!isOpen) return;
    await trying(file.sync());
    await close();
  };
  return {
    async write(content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      for (let done = 0; done < bytes.length; ) {
        done += (await trying(file.write(bytes, done, bytes.length - done))).bytesWritten;
      }
    },
    sync,
    async publish() {
      await sync();
      await trying(fs.rename(draft, path));
      isThere = false;
      await syncFolder(where, dirname(path));
    },
    async discard() {
      await close();
      if (isThere) await fs.rm(draft, { force: true });
      isThere = false;
    },
  };
}

/**
 * Writes a file whole or not at all, whenever the process is killed: as a draft beside it, synced, then renamed.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws If it cannot be written. What was there before still is.
 */
export async function writeAtomicFile(
  where: string,
  path: string,
  content: Uint8Array | string,
): Promise<void> {
  const file = await createAtomicFile(where, path);
  try {
    await file.write(content);
    await file.publish();
  } finally {
    await file.discard();
  }
}
