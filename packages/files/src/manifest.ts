import type { Bytes } from './byte-source.js';
import { openBytes } from './open-bytes.js';
import { parseJson } from './parse-json.js';
import { createSha256 } from './sha256.js';

/** Size and hash of a file when it was written. */
export interface FileMark {
  readonly size: number;
  /** SHA-256, as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** What files a folder was written with: a mark of each, by name. It is written last. */
export type Manifest = Readonly<Record<string, FileMark>>;

const FORMAT = 1;
/** No manifest of ours is longer. */
const LONGEST = 2 ** 20;
const PIECE = 2 ** 20;

export const manifestText = (files: Manifest): string =>
  `${JSON.stringify({ format: FORMAT, files }, null, 1)}\n`;

/**
 * Reads a manifest, which may come from anywhere.
 *
 * @param name What errors call it.
 * @throws If it is damaged, or of another format.
 */
export function parseManifest(name: string, text: string): Manifest {
  const wrong = (what: string) =>
    new Error(`'${name}' ${what}, expected sizes and hashes of the files beside it.`);
  if (text.length > LONGEST) throw wrong(`has ${text.length} characters`);
  let value: { format?: unknown; files?: Record<string, Partial<FileMark> | null> } | null;
  try {
    value = parseJson('', '', text) as typeof value;
  } catch {
    throw wrong('is no JSON, or nests too deep');
  }
  if (value?.format !== FORMAT) {
    const { format } = value ?? {};
    throw wrong(`is of format ${typeof format === 'number' ? format : typeof format}`);
  }
  const { files } = value;
  if (typeof files !== 'object' || files === null) throw wrong('lists no files');
  const marks = Object.entries(files).map(([file, mark]) => {
    const { size, sha256 } = mark ?? {};
    if (!Number.isSafeInteger(size) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw wrong(`does not say what '${file}' is`);
    }
    return [file, { size, sha256 } as FileMark] as const;
  });
  return Object.assign(Object.create(null), Object.fromEntries(marks)); // no name is inherited
}

/** Size and hash of a file or of bytes, read in pieces. */
export async function markOf(where: string, bytes: Bytes): Promise<FileMark> {
  const source = await openBytes(where, bytes);
  try {
    const hash = await createSha256();
    for (let at = 0; at < source.size; at += PIECE) {
      hash.update(await source.read(at, Math.min(PIECE, source.size - at)));
    }
    return { size: source.size, sha256: hash.hex() };
  } finally {
    await source.close?.();
  }
}

/**
 * Compares a file with what its manifest says.
 *
 * @param name What errors call it.
 * @throws If it is another one.
 */
export async function checkMark(
  where: string,
  name: string,
  bytes: Bytes,
  expected: FileMark,
): Promise<void> {
  const { size, sha256 } = await markOf(where, bytes);
  if (size !== expected.size) {
    throw new Error(`'${name}' has ${size} bytes, expected ${expected.size} as in the manifest.`);
  }
  if (sha256 !== expected.sha256) {
    throw new Error(
      `'${name}' has the SHA-256 ${sha256}, expected ${expected.sha256} as in the manifest: it is damaged.`,
    );
  }
}
