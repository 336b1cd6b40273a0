import type { CharacterTokenizer } from './character-tokenizer.js';
import { gpt2Json } from './gpt2-json.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * A tokenizer as the content of a `tokenizer.json`: what Hugging Face's `tokenizers` reads, in Python and in JavaScript, and
 * gives the same ids. `tokenizerFromJson` is the inverse.
 *
 * A tokenizer by characters becomes byte-pair encoding without merges. There is no token for a character that is not in the
 * vocabulary: those libraries leave it out, where `encode` here throws.
 *
 * @param tokenizer One of `characterTokenizer` or `gpt2Tokenizer`. Any other came from a `tokenizer.json`, which is to be copied.
 * @throws If it is another one.
 */
export async function tokenizerToJson(tokenizer: Tokenizer): Promise<string> {
  if ('vocabulary' in tokenizer) return textOf(characterJson(tokenizer as CharacterTokenizer));
  if (tokenizer.name === 'gpt2') return textOf(await gpt2Json());
  throw new Error(
    `tokenizerToJson: the tokenizer is '${tokenizer.name}', expected one of characterTokenizer or gpt2Tokenizer. ` +
      'Copy the tokenizer.json that it came from.',
  );
}

const textOf = (json: object): string => `${JSON.stringify(json, undefined, 2)}\n`;

/** Every character is a token, none is merged, and decoding puts them next to each other. */
const characterJson = ({ vocabulary }: CharacterTokenizer): object => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(vocabulary.map((character, id) => [character, id])),
    merges: [],
  },
});

/** The characters of what {@link tokenizerToJson} wrote of a tokenizer by characters; undefined of any other. */
export function charactersOf(json: object): readonly string[] | undefined {
  const { model, added_tokens, normalizer, pre_tokenizer, decoder } = json as Record<string, unknown>;
  const { type, vocab, merges } = (model ?? {}) as Record<string, unknown>;
  const isPlain = !normalizer && !pre_tokenizer && (decoder as { type?: string } | null)?.type === 'Fuse';
  if (!isPlain || type !== 'BPE' || !isEmpty(merges) || !isEmpty(added_tokens)) return undefined;
  if (typeof vocab !== 'object' || vocab === null) return undefined;
  const characters: string[] = [];
  for (const [character, id] of Object.entries(vocab as Record<string, number>)) characters[id] = character;
  const isList = characters.length === Object.keys(vocab).length;
  return isList && characters.every((character) => [...character].length === 1) ? characters : undefined;
}

const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.length === 0;
