import fc from 'fast-check';
import { hostile, tokens } from './hostile.js';
import { editJson } from './json-edits.js';
import { bytesOf, type Files, textOf } from './target.js';

/** Any place, and those near the ends, where lengths and names stand, more often. */
const place = fc.oneof(fc.nat(), fc.noBias(fc.nat()));

/** One change of one file. Places are counted modulo what there is. */
const edit = fc.record({
  kind: fc.constantFrom('json', 'json', 'json', 'text', 'bytes'),
  file: fc.nat(),
  how: fc.noBias(fc.nat()),
  at: place,
  other: place,
  value: hostile,
  token: tokens,
});
export type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

/**
 * Inputs that were right before one to three changes: a value in JSON replaced, moved, removed or renamed; text put in; bytes
 * flipped, cut, doubled. JSON within a file that is none (the header of a safetensors file) is changed too.
 *
 * @param seeds What is right.
 * @param seal Called after the changes: renews hashes, for a reader that would refuse all else.
 */
export const edited = (seeds: readonly Files[], seal: (files: Files) => Files = (files) => files) =>
  fc
    .tuple(fc.nat({ max: seeds.length - 1 }), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([seed, edits]) => seal(edits.reduce(withEdit, seeds[seed])));

function withEdit(files: Files, change: Edit): Files {
  const names = Object.keys(files);
  const name = names[change.file % names.length];
  const bytes = files[name];
  return { ...files, [name]: EDITS[change.kind as keyof typeof EDITS](bytes, change) };
}

const EDITS = {
  json: (bytes: Uint8Array, change: Edit): Uint8Array => {
    const header = headerOf(bytes);
    if (header) return withHeader(editJson(header.text, change) ?? header.text, header.data);
    const whole = editJson(textOf(bytes), change);
    if (whole !== undefined) return bytesOf(whole);
    const lines = textOf(bytes).split('\n');
    const at = change.other % lines.length;
    const line = editJson(lines[at], change);
    if (line === undefined) return EDITS.text(bytes, change);
    lines[at] = line;
    return bytesOf(lines.join('\n'));
  },
  text: (bytes: Uint8Array, { at, how, other, token }: Edit): Uint8Array => {
    const start = at % (bytes.length + 1);
    return spliced(bytes, start, how % 2 === 0 ? 0 : other % 8, bytesOf(token));
  },
  bytes: (bytes: Uint8Array, { at, how, other }: Edit): Uint8Array => {
    const start = at % (bytes.length + 1);
    const end = Math.min(bytes.length, start + (other % 64));
    const flipped = bytes.slice();
    switch (how % 6) {
      case 0:
        if (start < bytes.length) flipped[start] ^= 1 << (other % 8);
        return flipped;
      case 1:
        return flipped.fill([0, 255, 128][other % 3], start, end);
      case 2:
        return bytes.slice(0, start);
      case 3:
        return spliced(bytes, start, end - start, new Uint8Array());
      case 4:
        return spliced(bytes, start, 0, bytes.slice(start, end));
      default:
        return spliced(bytes, start, 0, bytes.slice(0, other % (bytes.length + 1)));
    }
  },
};

function spliced(bytes: Uint8Array, start: number, removed: number, added: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, start), ...added, ...bytes.subarray(start + removed)]);
}

/** The header of a safetensors file, if it is one. */
function headerOf(bytes: Uint8Array): { text: string; data: Uint8Array } | undefined {
  if (bytes.length < 10 || bytes[8] !== 0x7b) return undefined;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) return undefined;
  return { text: textOf(bytes.subarray(8, 8 + length)), data: bytes.subarray(8 + length) };
}

function withHeader(text: string, data: Uint8Array): Uint8Array {
  const header = bytesOf(text);
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}
