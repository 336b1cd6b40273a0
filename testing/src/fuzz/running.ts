import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Files } from './target.js';

/** Something that must not be: the input, as small as it could be made, and what it did. */
export interface Fault {
  readonly files: Files;
  readonly message: string;
}

/** What a child process reports when it has read its inputs, or met a fault. */
export interface Report {
  readonly accepted: number;
  readonly message?: string;
}

const HEAD = 8;

/** Notes in a file which input is being read, so that it is known whatever becomes of the process. */
export class Running {
  count = 0;
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  begin(files: Files): void {
    this.count++;
    const bytes = serialize(files);
    const head = new Uint32Array([this.count, bytes.length]);
    writeSync(this.file, Buffer.concat([new Uint8Array(head.buffer), bytes]), 0, HEAD + bytes.length, 0);
  }
}

/** What such a file says: how many inputs have been begun, and the last of them. */
export function readRunning(path: string): { count: number; files: Files } {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  if (bytes.length < HEAD) return { count: 0, files: {} };
  const [count, length] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  return { count, files: deserialize(bytes.subarray(HEAD, HEAD + length)) };
}
