import { bytePairMerge } from './byte-pair-merge.js';
import { show } from './check.js';
import type { Tokenizer } from './tokenizer.js';
import { wordEndsBefore } from './word-boundary.js';

const VOCAB_SIZE = 50257;
export const END_OF_TEXT = 50256;

/**
 * How GPT-2 divides a text into words before it encodes them one by one. White space is Unicode's: JavaScript's `\s` takes
 * U+FEFF for it and leaves out U+0085.
 */
export const GPT2_WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The longest word, and how many of them, whose tokens are remembered. */
const [CACHED_LENGTH, CACHED_WORDS] = [64, 2 ** 16];

/**
 * GPT-2's tokenizer: byte-level BPE, 50257 tokens. Needs the optional package `gpt-tokenizer`, which has the vocabulary.
 *
 * The text `<|endoftext|>` is encoded letter by letter like any other (tiktoken's `encode_ordinary`), so that a text
 * from outside cannot end a document; the token is `endOfText`, 50256.
 *
 * Only the vocabulary is that package's. Its version 4.0.0 divides words by JavaScript's white space, takes time quadratic in
 * a word's length, and keeps half a character for the next call.
 *
 * @throws If `gpt-tokenizer` is not installed. Any GPT-2 `tokenizer.json` works without it: {@link tokenizerFromJson}.
 */
export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const bytes = await gpt2Bytes();
  const ranks = new Map(bytes.slice(0, END_OF_TEXT).map((token, id) => [latin1(token), id]));
  const cache = new Map<string, number[]>();
  const encodeWord = (word: string): number[] => {
    const known = cache.get(word);
    if (known) return known;
    const tokens = bytePairMerge(latin1(bytesOf(word)), ranks);
    if (cache.size >= CACHED_WORDS) cache.clear();
    if (word.length <= CACHED_LENGTH) cache.set(word, tokens);
    return tokens;
  };

  return {
    name: 'gpt2',
    vocabSize: VOCAB_SIZE,
    endOfText: END_OF_TEXT,
    encode(text) {
      const tokens: number[] = [];
      for (const [word] of text.matchAll(GPT2_WORD)) for (const token of encodeWord(word)) tokens.push(token);
      return tokens;
    },
    decode(tokens) {
      const parts = Array.from(tokens, (id) => {
        if (Number.isInteger(id) && id >= 0 && id < VOCAB_SIZE) return bytes[id];
        throw new Error(
          `gpt2Tokenizer: token ${show(id)} is not in the vocabulary, expected 0 to ${VOCAB_SIZE - 1}. ` +
            'Was it made with another tokenizer?',
        );
      });
      const all = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(all);
    },
    canSplit: wordEndsBefore,
  };
}

/** What each token stands for, by its id. */
export async function gpt2Bytes(): Promise<Uint8Array[]> {
  const bytes = (await loadVocabulary()).map(bytesOf);
  bytes[END_OF_TEXT] = bytesOf('<|endoftext|>');
  return bytes;
}

const bytesOf = (token: string | readonly number[]): Uint8Array =>
  typeof token === 'string' ? new TextEncoder().encode(token) : Uint8Array.from(token);

/** Bytes as the characters U+0000 … U+00FF, to look them up. */
export const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

async function loadVocabulary(): Promise<readonly (string | readonly number[])[]> {
  try {
    return (await import('gpt-tokenizer/bpeRanks/r50k_base')).default;
  } catch (error) {
    throw new Error(
      'gpt2Tokenizer: the package gpt-tokenizer could not be loaded, expected it to be installed. ' +
        'Try npm install gpt-tokenizer, or pass a GPT-2 tokenizer.json to tokenizerFromJson.',
      { cause: error },
    );
  }
}
