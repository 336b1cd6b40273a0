import { binaryKind } from './binary-kind.js';

/** How a text is written as bytes. */
export interface TextEncoding {
  readonly name: 'UTF-8' | 'UTF-16LE' | 'UTF-16BE';
  /** Length of the byte order mark in front of the text. */
  readonly markLength: number;
  /** How many of these bytes are whole characters; the rest, at most three, is the beginning of one. */
  wholeLength(bytes: Uint8Array): number;
  /** Where the first byte is that cannot stand there, or −1. Takes whole characters. */
  firstWrong(bytes: Uint8Array): number;
}

/** How many bytes of a text are looked at to tell its encoding. */
export const HEAD_BYTES = 4096;

/**
 * Tells by its first bytes how a text is written.
 *
 * UTF-8 needs no byte order mark; UTF-16 does, since without one any guess could be wrong.
 *
 * @param head Up to {@link HEAD_BYTES} bytes from the beginning.
 * @throws By name, with the remedy, if it is another encoding or no text at all.
 */
export function detectEncoding(where: string, name: string, head: Uint8Array): TextEncoding {
  const refused = (what: string, remedy: string) =>
    new Error(`${where}: ${name} is ${what}, expected text in UTF-8. ${remedy}`);
  const convert = (from: string) => `Convert it first: iconv -f ${from} -t UTF-8.`;
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);

  if (startsWith(0xff, 0xfe, 0, 0)) throw refused('text in UTF-32', convert('UTF-32'));
  if (startsWith(0, 0, 0xfe, 0xff)) throw refused('text in UTF-32', convert('UTF-32'));
  if (startsWith(0xef, 0xbb, 0xbf)) return { ...UTF_8, markLength: 3 };
  if (startsWith(0xff, 0xfe)) return utf16('UTF-16LE');
  if (startsWith(0xfe, 0xff)) return utf16('UTF-16BE');
  const binary = binaryKind(head);
  if (binary) throw refused(binary.kind, binary.remedy);
  const wide = wideEncoding(head);
  if (wide) throw refused(`text in ${wide} without a byte order mark`, convert(wide));
  return UTF_8;
}

/** Western text in 16 or 32 bits is known by where its zeros are. */
function wideEncoding(head: Uint8Array): string | undefined {
  const units = Math.floor(head.length / 4);
  if (units < 2) return undefined;
  const zeros = [0, 0, 0, 0];
  for (let i = 0; i < units * 4; i++) if (head[i] === 0) zeros[i % 4]++;
  const [a, b, c, d] = zeros.map((count) => count / units);
  if (Math.min(b, c, d) > 0.9 && a < 0.1) return 'UTF-32LE';
  if (Math.min(a, b, c) > 0.9 && d < 0.1) return 'UTF-32BE';
  if (Math.min(b, d) > 0.4 && Math.max(a, c) < 0.1) return 'UTF-16LE';
  if (Math.min(a, c) > 0.4 && Math.max(b, d) < 0.1) return 'UTF-16BE';
  return undefined;
}

const UTF_8: TextEncoding = {
  name: 'UTF-8',
  markLength: 0,
  wholeLength(bytes) {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if ((byte & 0xc0) === 0x80) continue;
      return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
    }
    return bytes.length;
  },
  firstWrong(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes[at]);
      if (length === 0 || at + length > bytes.length) return at;
      for (let i = 1; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return at;
      const second = bytes[at + 1];
      const isWrong =
        (bytes[at] === 0xe0 && second < 0xa0) || // longer than it need be
        (bytes[at] === 0xed && second > 0x9f) || // half a surrogate pair
        (bytes[at] === 0xf0 && second < 0x90) ||
        (bytes[at] === 0xf4 && second > 0x8f); // beyond U+10FFFF
      if (isWrong) return at;
      at += length;
    }
    return -1;
  },
};

/** How many bytes a character has that begins with this one; 0 if none can. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

function utf16(name: 'UTF-16LE' | 'UTF-16BE'): TextEncoding {
  const high = name === 'UTF-16LE' ? 1 : 0; // the byte of a unit that tells a surrogate
  const kind = (bytes: Uint8Array, at: number) => bytes[at + high] & 0xfc; // 0xd8: the first of a pair, 0xdc: the second
  return {
    name,
    markLength: 2,
    wholeLength(bytes) {
      const even = bytes.length - (bytes.length % 2);
      return even > 0 && kind(bytes, even - 2) === 0xd8 ? even - 2 : even;
    },
    firstWrong(bytes) {
      for (let at = 0; at + 1 < bytes.length; at += 2) {
        if (kind(bytes, at) === 0xdc) return at;
        if (kind(bytes, at) !== 0xd8) continue;
        if (at + 3 >= bytes.length || kind(bytes, at + 2) !== 0xdc) return at;
        at += 2;
      }
      return bytes.length % 2 === 0 ? -1 : bytes.length - 1;
    },
  };
}
