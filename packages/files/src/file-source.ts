import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from './byte-source.js';
import { cannotOpen, checkPlainFile, versionOf } from './file-kind.js';
import { nodeFs } from './node-modules.js';

/**
 * A file, read in places: nothing is kept, so memory stays the same whatever its size.
 *
 * @throws If it cannot be opened or is no plain file. Reading throws if it has become shorter.
 */
export async function openFile(where: string, path: string | URL): Promise<ByteSource> {
  const fs = await nodeFs(where);
  await checkPlainFile(where, path);
  const file = await fs.promises.open(path, 'r').catch((error: Error) => {
    throw cannotOpen(where, path, error);
  });
  try {
    const stat = await file.stat({ bigint: true });
    return new FileSource(where, String(path), file, fs.readSync, Number(stat.size), versionOf(stat));
  } catch (error) {
    await file.close();
    throw error;
  }
}

export class FileSource implements ByteSource {
  constructor(
    private readonly where: string,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly fsReadSync: typeof import('node:fs').readSync,
    readonly size: number,
    readonly version?: string,
  ) {}

  /** Fewer bytes than asked for can come at once, also of a healthy file. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw this.shortened(offset + done);
      done += bytesRead;
    }
    return bytes;
  }

  readSync(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const bytesRead = this.fsReadSync(this.file.fd, bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw this.shortened(offset + done);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private shortened(at: number): Error {
    return new Error(
      `${this.where}: '${this.path}' ends at byte ${at}, expected ${this.size} bytes as when it was opened. ` +
        'Is something writing to it?',
    );
  }
}
