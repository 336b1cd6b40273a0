import { CharacterSet, isPair } from './characters.js';
import { show } from './check.js';
import { readText, type TextSource } from './text-source.js';
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
  const codePoints = vocabulary.map((character) => character.codePointAt(0)!);
  const ids = new Int32Array(codePoints.reduce((most, codePoint) => Math.max(most, codePoint), 0) + 1).fill(
    -1,
  );
  codePoints.forEach((codePoint, id) => {
    ids[codePoint] = id;
  });

  return {
    name: 'character',
    vocabulary: Object.freeze(vocabulary),
    vocabSize: vocabulary.length,
    encode(text) {
      const tokens = new Int32Array(text.length);
      let count = 0;
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePointAt(i)!;
        const id = codePoint < ids.length ? ids[codePoint] : -1;
        if (id < 0) throw unknownCharacter(codePoint, i);
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

/**
 * The same for texts of any size, which are read piece by piece.
 *
 * @param source As for `tokenize`: a text, a list of files, or documents.
 * @throws If a file cannot be read or is no text, or there is no character.
 */
export async function characterTokenizerOf(source: TextSource): Promise<CharacterTokenizer> {
  const characters = new CharacterSet();
  for await (const piece of readText('characterTokenizerOf', source)) {
    if (piece !== 'end of document') characters.add(piece.text);
  }
  return characterTokenizer(characters.sorted());
}

function charactersOf(text: string): string[] {
  const characters = new CharacterSet();
  characters.add(text);
  return characters.sorted();
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
