import { GPT2_WORD } from '../gpt2-tokenizer.js';
import { BYTE_CHARACTERS } from './byte-characters.js';
import { elements, type Fields, stage } from './fields.js';
import { literalPattern, readPattern } from './pattern.js';

/** A part of a text, which becomes tokens on its own. */
interface Piece {
  readonly text: string;
  /** Whether the whole text begins with it. */
  readonly isFirst: boolean;
}

/** Divides pieces into smaller ones, or writes them otherwise. */
export type PreTokenizer = (pieces: readonly Piece[]) => readonly Piece[];

const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behavior = (typeof BEHAVIORS)[number];

/**
 * Reads `pre_tokenizer`.
 *
 * @throws If it is of a kind, or has a setting, that is not honoured here.
 */
export function readPreTokenizer(where: string, path: string, value: unknown): PreTokenizer | undefined {
  const found = stage(where, path, value);
  if (!found) return undefined;
  const { type, fields } = found;
  const preTokenizer = ofType(where, type, fields);
  fields.end();
  return preTokenizer;
}

function ofType(where: string, type: string, fields: Fields): PreTokenizer {
  switch (type) {
    case 'Sequence': {
      const parts = elements(fields, 'pretokenizers').map(([path, value]) =>
        readPreTokenizer(where, path, value),
      );
      return (pieces) => parts.reduce((result, part) => part?.(result) ?? result, pieces);
    }
    case 'ByteLevel':
      return byteLevel(fields);
    case 'Split':
      return dividing(
        readPattern(fields),
        fields.choice('behavior', BEHAVIORS),
        fields.flag('invert', false),
      );
    case 'Whitespace':
      return dividing(WORDS_OR_SIGNS, 'Removed', true);
    case 'WhitespaceSplit':
      return dividing(/\p{White_Space}/gu, 'Removed');
    case 'BertPreTokenizer': {
      const [words, signs] = [dividing(/\p{White_Space}/gu, 'Removed'), dividing(PUNCTUATION, 'Isolated')];
      return (pieces) => signs(words(pieces));
    }
    case 'Punctuation':
      return dividing(PUNCTUATION, fields.choice('behavior', BEHAVIORS, 'Isolated'));
    case 'Digits':
      return dividing(/\p{N}/gu, fields.flag('individual_digits', false) ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit':
      return dividing(literalPattern([fields.text('delimiter')]), 'Removed');
    case 'FixedLength': {
      const length = fields.count('length');
      if (length === 0) throw fields.error('.length', length, 'a whole number ≥ 1');
      return dividing(new RegExp(`[^]{1,${length}}`, 'gu'), 'Isolated');
    }
    case 'Metaspace':
      return metaspace(fields);
    default:
      throw fields.error('.type', type, 'a kind of pre-tokenizer that is honoured here');
  }
}

const WORDS_OR_SIGNS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;

function byteLevel(fields: Fields): PreTokenizer {
  const addsSpace = fields.flag('add_prefix_space');
  const divides = fields.flag('use_regex', true) ? dividing(GPT2_WORD, 'Isolated') : undefined;
  fields.ignore('trim_offsets'); // of places in the text, which are not given here
  const encoder = new TextEncoder();
  return (pieces) => {
    const spaced = addsSpace
      ? pieces.map((piece) => (piece.text.startsWith(' ') ? piece : { ...piece, text: ` ${piece.text}` }))
      : pieces;
    return (divides?.(spaced) ?? spaced).map(({ text, isFirst }) => ({
      text: Array.from(encoder.encode(text), (byte) => BYTE_CHARACTERS[byte]).join(''),
      isFirst,
    }));
  };
}

function metaspace(fields: Fields): PreTokenizer {
  const replacement = fields.text('replacement', '▁');
  const given = fields.take('add_prefix_space'); // as older files say it
  const scheme = fields.choice(
    'prepend_scheme',
    ['always', 'first', 'never'],
    given === false ? 'never' : 'always',
  );
  if ([...replacement].length !== 1) throw fields.error('.replacement', replacement, 'one character');
  if (given !== undefined && given !== (scheme !== 'never')) {
    throw fields.error('.add_prefix_space', given, `what prepend_scheme says, ${scheme !== 'never'}`);
  }
  fields.without(['str_rep'], [replacement]);
  const divides = fields.flag('split', true)
    ? dividing(literalPattern([replacement]), 'MergedWithNext')
    : undefined;
  return (pieces) => {
    const marked = pieces.map(({ text, isFirst }) => {
      const written = text.replaceAll(' ', replacement);
      const isMarked =
        written.startsWith(replacement) || scheme === 'never' || (scheme === 'first' && !isFirst);
      return { text: isMarked ? written : replacement + written, isFirst };
    });
    return divides?.(marked) ?? marked;
  };
}

/**
 * Divides pieces at what a pattern matches: the matches are left out, stand alone, go with what is before or after them, or
 * with each other.
 *
 * @param invert Takes for matches what lies between them.
 */
function dividing(pattern: RegExp, behavior: Behavior, invert = false): PreTokenizer {
  return (pieces) =>
    pieces.flatMap(({ text, isFirst }) => {
      const parts = partsOf(text, pattern).map((part) => ({ ...part, isMatch: part.isMatch !== invert }));
      let at = 0;
      return joined(parts, behavior).flatMap((part) => {
        at += part.length;
        const starts = isFirst && at === part.length;
        return part.text === '' ? [] : [{ text: part.text, isFirst: starts }];
      });
    });
}

interface Part {
  readonly text: string;
  /** Of all that it covers in the text, also of what is left out. */
  readonly length: number;
  readonly isMatch: boolean;
}

/** A text in the pattern's matches and what lies between them. */
function partsOf(text: string, pattern: RegExp): Part[] {
  const parts: Part[] = [];
  const add = (part: string, isMatch: boolean) => parts.push({ text: part, length: part.length, isMatch });
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) add(text.slice(at, match.index), false);
    if (match[0] !== '') add(match[0], true);
    at = match.index + match[0].length;
  }
  if (at < text.length) add(text.slice(at), false);
  return parts;
}

function joined(parts: readonly Part[], behavior: Behavior): readonly Part[] {
  const join = (a: Part, b: Part): Part => ({
    text: a.text + b.text,
    length: a.length + b.length,
    isMatch: b.isMatch,
  });
  const result: Part[] = [];
  switch (behavior) {
    case 'Isolated':
      return parts;
    case 'Removed':
      return parts.map((part) => (part.isMatch ? { ...part, text: '' } : part));
    case 'Contiguous':
      for (const part of parts) {
        const last = result.at(-1);
        if (last && last.isMatch === part.isMatch) result[result.length - 1] = join(last, part);
        else result.push(part);
      }
      return result;
    case 'MergedWithPrevious':
      for (const part of parts) {
        const last = result.at(-1);
        if (last && part.isMatch && !last.isMatch) result[result.length - 1] = join(last, part);
        else result.push(part);
      }
      return result;
    case 'MergedWithNext':
      for (const part of parts.toReversed()) {
        const next = result.at(-1);
        if (next && part.isMatch && !next.isMatch)
          result[result.length - 1] = { ...join(part, next), isMatch: true };
        else result.push(part);
      }
      return result.reverse();
  }
}
