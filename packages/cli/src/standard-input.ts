import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { readText } from '@evenkeel/files';

/** What comes on standard input. */
export interface StandardInput {
  /**
   * All of it, without the line break at its end; nothing if nothing was given.
   *
   * @param options `wait`: it is known that something will come.
   * @throws If it is no text.
   */
  read(options?: { readonly wait?: boolean }): Promise<string | undefined>;
}

/**
 * Listens to standard input from now on: a file, the pipe of a shell, or the socket that another program gives.
 *
 * A program that starts this one often leaves such a socket open and never writes to it. Without `wait`, a socket on which nothing has
 * come by the time of `read` therefore counts as nothing.
 */
export function standardInput(stream: Readable & { readonly fd?: number } = process.stdin): StandardInput {
  const kind = kindOf(stream.fd ?? 0);
  const pieces: Buffer[] = [];
  let hasEnded = false;
  const ended = new Promise<void>((resolve, reject) => {
    if (kind === 'terminal') return;
    stream.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
    stream.on('error', reject).on('end', () => {
      hasEnded = true;
      resolve();
    });
  });
  ended.catch(() => {}); // heard again by whoever reads
  return {
    async read({ wait = false } = {}) {
      if (kind === 'terminal') return undefined;
      await new Promise((resolve) => setImmediate(resolve)); // what has come is told first
      const isSilent = kind === 'socket' && pieces.length === 0 && !hasEnded;
      if (isSilent && !wait) {
        stream.pause();
        return undefined;
      }
      await ended;
      if (pieces.length === 0) return undefined;
      return (await readText('standard input', Buffer.concat(pieces))).replace(/\r?\n$/, '');
    },
  };
}

function kindOf(fd: number): 'stream' | 'socket' | 'terminal' {
  try {
    const stat = fstatSync(fd);
    if (stat.isSocket()) return 'socket';
    return stat.isFile() || stat.isFIFO() ? 'stream' : 'terminal';
  } catch {
    return 'terminal';
  }
}
