import { BYTES } from './byte-characters.js';
import { elements, type Fields, stage } from './fields.js';
import { readPattern } from './pattern.js';

/** Turns tokens into parts of a text. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

/**
 * Reads `decoder`.
 *
 * @throws If it is of a kind, or has a setting, that is not honoured here.
 */
export function readDecoder(where: string, path: string, value: unknown): Decoder | undefined {
  const found = stage(where, path, value);
  if (!found) return undefined;
  const { type, fields } = found;
  const decoder = ofType(where, type, fields);
  fields.end();
  return decoder;
}

function ofType(where: string, type: string, fields: Fields): Decoder {
  switch (type) {
    case 'Sequence': {
      const parts = elements(fields, 'decoders').map(([path, value]) => readDecoder(where, path, value));
      return (tokens) => parts.reduce((result, part) => part?.(result) ?? result, tokens);
    }
    case 'ByteLevel':
      fields.ignore('add_prefix_space', 'trim_offsets', 'use_regex'); // of the pre-tokenizer of the same name
      return byteLevel;
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const [pattern, content] = [readPattern(fields), fields.text('content')];
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case 'Strip': {
      const content = fields.text('content');
      const [start, stop] = [fields.count('start'), fields.count('stop')];
      return (tokens) => tokens.map((token) => stripped([...token], content, start, stop));
    }
    case 'Metaspace': {
      const replacement = fields.text('replacement', '▁');
      const given = fields.take('add_prefix_space');
      const schemes = ['always', 'first', 'never'] as const;
      const scheme = fields.choice('prepend_scheme', schemes, given === false ? 'never' : 'always');
      fields.ignore('split', 'str_rep');
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(replacement, i === 0 && scheme !== 'never' ? '' : ' '));
    }
    case 'WordPiece': {
      const [prefix, cleans] = [fields.text('prefix', '##'), fields.flag('cleanup', true)];
      return (tokens) =>
        tokens.map((token, i) => {
          const isPart = token.startsWith(prefix);
          const text = i === 0 ? token : isPart ? token.slice(prefix.length) : ` ${token}`;
          return cleans ? withoutSpaces(text) : text;
        });
    }
    case 'BPEDecoder': {
      const suffix = fields.text('suffix', '</w>');
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    }
    default:
      throw fields.error('.type', type, 'a kind of decoder that is honoured here');
  }
}

/** Characters that stand for bytes; a token with any other, such as an added one, stands for itself. */
const byteLevel: Decoder = (tokens) => {
  const bytes: number[] = [];
  for (const token of tokens) {
    const start = bytes.length;
    for (const character of token) {
      const byte = BYTES.get(character);
      if (byte === undefined) {
        bytes.length = start;
        bytes.push(...new TextEncoder().encode(token));
        break;
      }
      bytes.push(byte);
    }
  }
  return [new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))];
};

/** Tokens `<0xE2>` that follow each other are bytes of a text, or each a replacement character. */
const byteFallback: Decoder = (tokens) => {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      texts.push(decoder.decode(Uint8Array.from(bytes)));
    } catch {
      texts.push('\ufffd'.repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    flush();
    texts.push(token);
  }
  flush();
  return texts;
};

/** Without up to so many times the content at either end. */
function stripped(letters: readonly string[], content: string, start: number, stop: number): string {
  let [from, to] = [0, letters.length];
  while (from < start && letters[from] === content) from++;
  while (to > from && letters.length - to < stop && letters[to - 1] === content) to--;
  return letters.slice(from, to).join('');
}

/** English without the spaces that dividing into words has left before signs. */
const withoutSpaces = (text: string): string =>
  text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
