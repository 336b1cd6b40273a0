import { show } from './check.js';
import type { Tokenizer } from './tokenizer.js';

/** A tokenizer that reads a text character by character. */
export interface CharacterTokenizer extends Tokenizer {
  /** The characters; an id is a place in this list. As JSON, it is the whole tokenizer. */
  readonly vocabulary: readonly string[];
}

/**
 * One token per character (Unicode code point), in the order of their code points.
 *
 *     characterTokenizer('hello').vocabulary          ['e', 'h', 'l', 'o']
 *     characterTokenizer('hello').encode('hole')      [1, 3, 2, 0]
 *
 * Keep `JSON.stringify(tokenizer.vocabulary)` with a model: `characterTokenizer(JSON.parse(…))` is the same
 * tokenizer again. `tokenize` writes it into the sidecar.
 *
 * @param source A text that holds every character there will be, or the vocabulary: a list of single characters.
 * @throws If there is no character, or the list has something else or a character twice. `encode` throws on a
 *     character that is not in the vocabulary, `decode` on an id that is none.
 */
export function characterTokenizer(source: string | readonly string[]): CharacterTokenizer {
  const where = 'characterTokenizer';
  if (typeof source !== 'string' && !Array.isArray(source)) {
    throw new Error(`${where}: the source is ${show(source)}, expected a text or a list of characters.`);
  }
  const vocabulary = typeof source === 'string' ? charactersOf(source) : checkVocabulary([...source]);
  if (vocabulary.length === 0) {
    throw new Error(`${where}: there are no characters, expected at least one. Pass the text to train on.`);
  }
  const ids = new Map(vocabulary.map((character, id) => [character.codePointAt(0)!, id]));

  return {
    name: 'character',
    vocabulary: Object.freeze(vocabulary),
    vocabSize: vocabulary.length,
    encode(text) {
      const tokens = new Int32Array(text.length);
      let count = 0;
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePointAt(i)!;
        const id = ids.get(codePoint);
        if (id === undefined) throw unknownCharacter(codePoint, i);
        tokens[count++] = id;
        if (codePoint > 0xffff) i++;
      }
      return tokens.subarray(0, count);
    },
    decode(tokens) {
      return Array.from(tokens, (id) => {
        if (Number.isInteger(id) && id >= 0 && id < vocabulary.length) return vocabulary[id];
        throw new Error(
          `${where}: token ${show(id)} is not in the vocabulary, expected 0 to ${vocabulary.length - 1}. ` +
            'Was it made with another tokenizer?',
        );
      }).join('');
    },
    canSplit: (text, at) => !isPair(text, at),
  };
}

/** Whether the code units before and at `at` are one character. */
const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** The characters of a text, each once, by code point: the order of nanoGPT's `sorted(set(text))`. */
function charactersOf(text: string): string[] {
  const codePoints = new Set<number>();
  for (const character of text) codePoints.add(character.codePointAt(0)!);
  return [...codePoints].sort((a, b) => a - b).map((codePoint) => String.fromCodePoint(codePoint));
}

function checkVocabulary(vocabulary: string[]): string[] {
  const seen = new Set<string>();
  vocabulary.forEach((character, id) => {
    if (typeof character !== 'string' || [...character].length !== 1) {
      throw new Error(
        `characterTokenizer: vocabulary[${id}] is ${show(character)}, expected a single character. ` +
          'For longer tokens use tokenizerFromJson.',
      );
    }
    if (seen.has(character)) {
      throw new Error(
        `characterTokenizer: vocabulary[${id}] is ${show(character)} for the second time, expected each once.`,
      );
    }
    seen.add(character);
  });
  return vocabulary;
}

function unknownCharacter(codePoint: number, at: number): Error {
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  return new Error(
    `characterTokenizer: character ${at} is ${show(String.fromCodePoint(codePoint))} (${name}), which is not in the ` +
      'vocabulary. Make the tokenizer from all of the text, or leave the character out.',
  );
}
