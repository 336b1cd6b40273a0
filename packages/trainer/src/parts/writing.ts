import type { PublishedTokenizer, Tokenizer } from '@evenkeel/data';
import type { GenerateOptions, GPT } from '@evenkeel/gpt-model';

/** How a model writes with a tokenizer, as the files of both say. */
export interface Writing {
  /**
   * The tokens to go on from: a prompt behind what its tokenizer puts in front of a text; without a prompt, what a text begins
   * with.
   */
  begin(prompt?: string): number[];
  /** For `generate`: where a text ends, and which tokens can be decoded. */
  readonly options: Pick<GenerateOptions, 'endOfText' | 'allowedTokens' | 'decode'>;
}

/** What {@link Writing} is for a model and a tokenizer. */
export function writingOf(model: GPT, tokenizer: Tokenizer): Writing {
  const { prefix = [], endTokens = [], beginOfText } = tokenizer as Partial<PublishedTokenizer>;
  const { endOfText } = tokenizer;
  const ends = [...model.generation.endOfText, ...endTokens, ...(endOfText === undefined ? [] : [endOfText])];
  return {
    begin(prompt = '') {
      const tokens = Array.from(tokenizer.encode(prompt));
      if (tokens.length > 0) {
        const isWritten = prefix.every((token, i) => tokens[i] === token); // a prompt may have it in words
        return isWritten ? tokens : [...prefix, ...tokens];
      }
      if (prefix.length > 0) return [...prefix];
      const first = beginOfText ?? model.generation.beginOfText ?? endOfText;
      return first === undefined ? lineBreak(tokenizer) : [first];
    },
    options: {
      endOfText: [...new Set(ends)],
      allowedTokens: decodable(tokenizer, model.config.vocabSize),
      decode: (tokens) => tokenizer.decode(tokens),
    },
  };
}

/** The tokens of a line break, or the first token for a text without any. */
function lineBreak(tokenizer: Tokenizer): number[] {
  try {
    const tokens = Array.from(tokenizer.encode('\n'));
    if (tokens.length > 0) return tokens;
  } catch {} // a character that it does not know
  return [0];
}

/** A model may have more rows than its tokenizer has tokens, and a vocabulary gaps. */
function decodable(tokenizer: Tokenizer, vocabSize: number): number | boolean[] {
  const { has } = tokenizer as Partial<PublishedTokenizer>;
  if (!has) return Math.min(tokenizer.vocabSize, vocabSize);
  return Array.from({ length: vocabSize }, (_, id) => has(id));
}
