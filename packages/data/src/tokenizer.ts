import { show } from './check.js';

/**
 * Text to numbers and back. Everything in this package that needs a tokenizer takes any object of this form.
 *
 * Ids count from 0, so a model needs `vocabSize` logits.
 */
export interface Tokenizer {
  /** Names it in sidecars and errors. */
  readonly name: string;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The token between documents, if there is one. */
  readonly endOfText?: number;
  /** The ids of a text. */
  encode(text: string): readonly number[] | Int32Array;
  /** The text of ids. */
  decode(tokens: ArrayLike<number>): string;
  /**
   * Whether the text may be cut before the code unit `at` (0 < at < length) without changing its tokens:
   * encode(text) = encode(text[0 … at − 1]) ++ encode(text[at …]), whatever follows later.
   *
   * Left out: nobody knows, and long texts are encoded a whole document at a time.
   */
  canSplit?(text: string, at: number): boolean;
}

/** The most ids a vocabulary may have: tokens become int32 tensors. */
export const MAX_VOCABULARY = 2 ** 31 - 1;

/** @throws If something else than a tokenizer came. */
export function checkTokenizer(where: string, tokenizer: Tokenizer): void {
  const { name, vocabSize, encode, decode } = (tokenizer ?? {}) as Partial<Tokenizer>;
  if (
    typeof name === 'string' &&
    typeof encode === 'function' &&
    typeof decode === 'function' &&
    Number.isInteger(vocabSize) &&
    vocabSize! >= 1 &&
    vocabSize! <= MAX_VOCABULARY
  ) {
    return;
  }
  const came = tokenizer instanceof Promise ? 'a promise' : show(tokenizer);
  throw new Error(
    `${where}: the tokenizer is ${came}, expected an object with name, vocabSize, encode and decode. ` +
      'Try characterTokenizer(text) or await gpt2Tokenizer().',
  );
}
