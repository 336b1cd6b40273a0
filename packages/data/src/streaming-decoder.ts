import type { Tokenizer } from './tokenizer.js';

/** What a decoder writes for bytes that are no character, or not yet. */
const REPLACEMENT = '\ufffd';

/** Turns tokens into text as they come. */
export interface StreamingDecoder {
  /** @returns The text that these tokens complete; '' where they end inside a character. */
  push(tokens: number | ArrayLike<number>): string;
  /** @returns What is left: nothing, or a replacement character for one that was never completed. */
  end(): string;
}

/**
 * Decodes a stream of tokens, such as a model generates, without breaking characters that span several tokens.
 *
 *     push(t₁) + push(t₂) + … + end() = decode([t₁, t₂, …])
 *
 * The last tokens stay as context, since some tokenizers write a word differently at the start of a text.
 */
export function streamingDecoder(tokenizer: Tokenizer): StreamingDecoder {
  let pending: number[] = []; // tokens whose text starts with what has been given out already
  let given = 0; // how many code units of it

  return {
    push(tokens) {
      const fresh = typeof tokens === 'number' ? [tokens] : Array.from(tokens);
      if (fresh.length === 0) return '';
      pending.push(...fresh);
      const text = tokenizer.decode(pending);
      const complete = !text.endsWith(REPLACEMENT);
      const piece = text.slice(given, complete ? undefined : -1);
      given += piece.length;
      if (complete) {
        pending = fresh.slice(-CONTEXT);
        given = tokenizer.decode(pending).length;
      }
      return piece;
    },
    end() {
      const rest = tokenizer.decode(pending).slice(given);
      [pending, given] = [[], 0];
      return rest;
    },
  };
}

/** Tokens kept from what has been given out. */
const CONTEXT = 8;
