import type { Fields } from './fields.js';
import { mergePairs, type PairMerge } from './merge-pairs.js';
import type { Model } from './model.js';
import { readVocabulary } from './vocabulary.js';

/** The longest piece, and how many of them, whose tokens are remembered. */
const [CACHED_LENGTH, CACHED_PIECES] = [64, 2 ** 16];

/** Byte-pair encoding: characters, and then again and again the pair of neighbours that was merged first in training. */
export function bpe(fields: Fields): Model {
  const vocabulary = readVocabulary(fields);
  const prefix = fields.text('continuing_subword_prefix', '');
  const suffix = fields.text('end_of_word_suffix', '');
  const unknown = fields.text('unk_token', '');
  const [fuses, fallsBack] = [fields.flag('fuse_unk', false), fields.flag('byte_fallback', false)];
  const ignoresMerges = fields.flag('ignore_merges', false);
  fields.without(['dropout']);
  const merges = readMerges(fields, vocabulary, prefix);

  /** The tokens of single characters, before any merge. */
  const characters = (piece: string): number[] => {
    const ids: number[] = [];
    const letters = [...piece];
    let pending: number | undefined; // one for what is unknown, which may stand for more
    letters.forEach((letter, i) => {
      const token = (i > 0 ? prefix : '') + letter + (i === letters.length - 1 ? suffix : '');
      const id = vocabulary.get(token);
      if (id === undefined) {
        const bytes = fallsBack ? bytesOf(token, vocabulary) : undefined;
        if (bytes) {
          ids.push(...bytes);
        } else if (unknown !== '') {
          if (pending !== undefined && !fuses) ids.push(pending);
          pending = unknownId(fields, vocabulary, unknown);
        }
        return;
      }
      if (pending !== undefined) ids.push(pending);
      pending = undefined;
      ids.push(id);
    });
    if (pending !== undefined) ids.push(pending);
    return ids;
  };

  const cache = new Map<string, readonly number[]>();
  return {
    vocabulary,
    encode(piece) {
      const known = cache.get(piece);
      if (known) return known;
      const whole = ignoresMerges ? vocabulary.get(piece) : undefined;
      const ids = whole === undefined ? mergePairs(characters(piece), merges) : [whole];
      if (cache.size >= CACHED_PIECES) cache.clear();
      if (piece.length <= CACHED_LENGTH) cache.set(piece, ids);
      return ids;
    },
  };
}

/** The tokens `<0x00>` … `<0xFF>` of a text's bytes, if the vocabulary has them all. */
export function bytesOf(text: string, vocabulary: ReadonlyMap<string, number>): number[] | undefined {
  const names = Array.from(
    new TextEncoder().encode(text),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const ids = names.map((name) => vocabulary.get(name));
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

export function unknownId(fields: Fields, vocabulary: ReadonlyMap<string, number>, token: string): number {
  const id = vocabulary.get(token);
  if (id !== undefined) return id;
  throw fields.error('.unk_token', token, 'a token of the vocabulary, which a text needs');
}

/** Merges as `"a b"` or as `["a", "b"]`, the first in training first. */
function readMerges(
  fields: Fields,
  vocabulary: ReadonlyMap<string, number>,
  prefix: string,
): ReadonlyMap<number, ReadonlyMap<number, PairMerge>> {
  const merges = new Map<number, Map<number, PairMerge>>();
  fields.list('merges').forEach((merge, rank) => {
    const place = `.merges[${rank}]`;
    const [left, right, ...others] = typeof merge === 'string' ? merge.split(' ') : asList(merge);
    if (typeof left !== 'string' || typeof right !== 'string' || others.length > 0) {
      throw fields.error(place, merge, 'two tokens');
    }
    const union = left + (prefix !== '' && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    const [first, second, id] = [vocabulary.get(left), vocabulary.get(right), vocabulary.get(union)];
    if (first === undefined || second === undefined || id === undefined) {
      throw fields.error(place, merge, 'tokens of the vocabulary, with their union in it');
    }
    let behind = merges.get(first);
    if (!behind) {
      behind = new Map();
      merges.set(first, behind);
    }
    behind.set(second, { rank, id });
  });
  return merges;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
