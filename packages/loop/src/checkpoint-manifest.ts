import { parseJson } from '@evenkeel/files';
import { OPTIMIZER, STATE, WEIGHTS } from './checkpoint-format.js';

/** Size and hash of a file when its checkpoint was written. */
export interface FileMark {
  readonly size: number;
  /** SHA-256, as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** What a `manifest.json` holds: a mark of every other file of the checkpoint. It is written last. */
export type Manifest = Readonly<Record<string, FileMark>>;

const FORMAT = 1;

export const manifestText = (files: Manifest): string =>
  `${JSON.stringify({ format: FORMAT, files }, null, 1)}\n`;

/**
 * Reads a `manifest.json`, which may come from anywhere.
 *
 * @throws If it is damaged, of another format, or does not list the files of a checkpoint.
 */
export function parseManifest(path: string, text: string): Manifest {
  const wrong = (what: string) => new Error(`'${path}' ${what}, expected the manifest of a checkpoint.`);
  const value = parseJson('checkpoint', `'${path}'`, text) as {
    format?: unknown;
    files?: Record<string, Partial<FileMark> | null>;
  } | null;
  if (value?.format !== FORMAT) throw wrong(`is of format ${String(value?.format)}`);
  const { files } = value;
  if (typeof files !== 'object' || files === null) throw wrong('lists no files');
  for (const name of [WEIGHTS, OPTIMIZER, STATE]) {
    const mark = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!Number.isSafeInteger(mark?.size) || !/^[0-9a-f]{64}$/.test(String(mark?.sha256))) {
      throw wrong(`does not say what '${name}' is`);
    }
  }
  const [unknown] = Object.keys(files).filter((name) => ![WEIGHTS, OPTIMIZER, STATE].includes(name));
  if (unknown !== undefined) throw wrong(`lists '${unknown}'`);
  return files as Manifest;
}

/** @throws If a file is not what the manifest says. */
export function checkMark(path: string, expected: FileMark, actual: FileMark): void {
  if (actual.size !== expected.size) {
    throw new Error(`'${path}' has ${actual.size} bytes, expected ${expected.size} as in the manifest.`);
  }
  if (actual.sha256 !== expected.sha256) {
    throw new Error(
      `'${path}' has the SHA-256 ${actual.sha256}, expected ${expected.sha256} as in the manifest: it is damaged.`,
    );
  }
}

/**
 * Size and hash of bytes in memory.
 *
 * @throws In a page that may not hash: one over plain http from another machine.
 */
export async function markOf(bytes: Uint8Array): Promise<FileMark> {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) {
    throw new Error(
      'checkpoint: this page may compute no SHA-256, expected one over https or on localhost. Open it there.',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { size: bytes.length, sha256 };
}
