import type { ByteSource, Bytes } from './byte-source.js';
import { openBytes } from './open-bytes.js';
import { detectEncoding, HEAD_BYTES, type TextEncoding } from './text-encoding.js';

/** How many bytes are read at once. */
const READ_BYTES = 2 ** 18;
/** The longest text that is read whole: V8's longest string has 2²⁹ − 24 characters. */
const MAX_LENGTH = 2 ** 28;

/** Some of a text, and how many bytes of its file have been read. */
export interface TextPiece {
  readonly text: string;
  readonly bytesRead: number;
}

/**
 * Reads a text of any size piece by piece. No piece ends within a character.
 *
 * The text is in UTF-8, with or without a byte order mark, or in UTF-16 with one; the mark is no part of the text.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws If it cannot be opened, is written in another encoding, is cut off within a character, or is no text: archives, documents and
 *     whatever holds a NUL. By name, with the place of the first wrong byte and the remedy.
 */
export async function* readTextPieces(where: string, bytes: Bytes): AsyncGenerator<TextPiece> {
  const source = await openBytes(where, bytes);
  try {
    yield* piecesOf(where, nameOfBytes(bytes), source);
  } finally {
    if (isName(bytes)) await source.close?.();
  }
}

async function* piecesOf(where: string, name: string, source: ByteSource): AsyncGenerator<TextPiece> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const encoding = detectEncoding(where, name, head);
  const decoder = new TextDecoder(encoding.name, { fatal: true, ignoreBOM: true });
  let begun: Uint8Array = new Uint8Array(); // the first bytes of a character whose others are still to come
  for (let at = encoding.markLength; at < source.size; at += READ_BYTES) {
    const length = Math.min(READ_BYTES, source.size - at);
    const bytes = joined(begun, await source.read(at, length));
    const start = at - begun.length;
    const isLast = at + length === source.size;
    const whole = bytes.subarray(0, isLast ? undefined : encoding.wholeLength(bytes));
    begun = bytes.slice(whole.length);
    let text: string;
    try {
      text = decoder.decode(whole);
    } catch (cause) {
      throw wrongBytes(where, name, whole, start, isLast, encoding, cause);
    }
    const nul = text.indexOf('\0');
    if (nul >= 0) {
      const place = start + (encoding.name === 'UTF-8' ? whole.indexOf(0) : 2 * nul);
      throw new Error(
        `${where}: ${name} has a NUL at byte ${place}, expected text in UTF-8. It is a binary file: take another one.`,
      );
    }
    yield { text, bytesRead: at + length };
  }
}

/**
 * Reads a text whole.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws As {@link readTextPieces}, and if there are more than 2²⁸ characters.
 */
export async function readText(where: string, bytes: Bytes): Promise<string> {
  const name = nameOfBytes(bytes);
  let all = '';
  for await (const { text } of readTextPieces(where, bytes)) {
    all += text;
    if (isTooLong(all.length)) throw tooLong(where, name);
  }
  return all;
}

/** What to call bytes in an error: their name in quotes, if they have one. */
export function nameOfBytes(bytes: Bytes): string {
  const name = isName(bytes) ? String(bytes) : (bytes as Partial<File> | null)?.name;
  return typeof name === 'string' ? `'${name}'` : 'the text';
}

const isName = (bytes: Bytes): bytes is string | URL => typeof bytes === 'string' || bytes instanceof URL;

export const tooLong = (where: string, name: string): Error =>
  new Error(
    `${where}: ${name} has more than ${MAX_LENGTH} characters, expected fewer where a text is read whole. ` +
      'Divide it; of records, write one a line (.jsonl), which is read line by line.',
  );

export const isTooLong = (length: number): boolean => length > MAX_LENGTH;

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function wrongBytes(
  where: string,
  name: string,
  bytes: Uint8Array,
  start: number,
  isLast: boolean,
  { name: encoding, wholeLength, firstWrong }: TextEncoding,
  cause: unknown,
): Error {
  const wrong = firstWrong(bytes);
  const place = start + wrong;
  if (isLast && wrong === wholeLength(bytes)) {
    return new Error(
      `${where}: ${name} ends within a character, at byte ${place}, expected whole ones in ${encoding}. ` +
        'Is it cut off, or in another encoding such as Latin-1?',
      { cause },
    );
  }
  const byte = bytes[wrong].toString(16).toUpperCase().padStart(2, '0');
  const guess =
    encoding === 'UTF-8' && isWestern(bytes, wrong)
      ? 'It looks like Latin-1 (Windows-1252): convert it with iconv -f WINDOWS-1252 -t UTF-8.'
      : 'Convert it first, with iconv -f ENCODING -t UTF-8, or take another file if it is no text.';
  return new Error(
    `${where}: ${name} is not in ${encoding}: byte ${place} is 0x${byte}, expected text in UTF-8. ${guess}`,
    { cause },
  );
}

/** Whether the bytes around a place are mostly ASCII with single others between: the accents of western words. */
function isWestern(bytes: Uint8Array, place: number): boolean {
  const part = bytes.subarray(Math.max(0, place - 1024), place + 4096);
  const isHigh = (i: number) => part[i] >= 0x80;
  let [high, single] = [0, 0];
  for (let i = 0; i < part.length; i++) {
    if (part[i] < 0x20 && part[i] !== 9 && part[i] !== 10 && part[i] !== 13) return false;
    if (!isHigh(i)) continue;
    high++;
    if (!isHigh(i - 1) && !isHigh(i + 1)) single++;
  }
  return high < part.length / 2 && single > (2 / 3) * high;
}
