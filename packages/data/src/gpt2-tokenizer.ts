import { show } from './check.js';
import type { Tokenizer } from './tokenizer.js';
import { wordEndsBefore } from './word-boundary.js';

const ORDINARY = { disallowedSpecial: new Set<string>() };
const [VOCABULARY_SIZE, END_OF_TEXT] = [50257, 50256];

/**
 * GPT-2's tokenizer: byte-level BPE, 50257 tokens. Needs the optional package `gpt-tokenizer`, which has the vocabulary.
 *
 * The text `<|endoftext|>` is encoded letter by letter like any other (tiktoken's `encode_ordinary`), so that a text
 * from outside cannot end a document; the token is `endOfText`, 50256.
 *
 * @throws If `gpt-tokenizer` is not installed. Any GPT-2 `tokenizer.json` works without it: {@link tokenizerFromJson}.
 */
export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const { encode, decode } = await loadEncoding();
  return {
    name: 'gpt2',
    vocabularySize: VOCABULARY_SIZE,
    endOfText: END_OF_TEXT,
    encode: (text) => encode(text, ORDINARY),
    decode(tokens) {
      const wrong = Array.from(tokens).find(
        (id) => !(Number.isInteger(id) && id >= 0 && id < VOCABULARY_SIZE),
      );
      if (wrong === undefined) return decode(Array.from(tokens));
      throw new Error(
        `gpt2Tokenizer: token ${show(wrong)} is not in the vocabulary, expected 0 to ${VOCABULARY_SIZE - 1}. ` +
          'Was it made with another tokenizer?',
      );
    },
    canSplit: wordEndsBefore,
  };
}

async function loadEncoding() {
  try {
    return await import('gpt-tokenizer/encoding/r50k_base');
  } catch (error) {
    throw new Error(
      'gpt2Tokenizer: the package gpt-tokenizer could not be loaded, expected it to be installed. ' +
        'Try npm install gpt-tokenizer, or pass a GPT-2 tokenizer.json to tokenizerFromJson.',
      { cause: error },
    );
  }
}
