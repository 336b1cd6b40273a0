const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;
/** What may belong to a word it follows: its letters, digits, accents, and the apostrophe of "don't". */
const CONTINUES_WORD = /^[\p{L}\p{N}\p{M}\p{Cs}'’]$/u;

/**
 * Whether a word has just ended before `at`: a letter or digit stands before it and something that cannot belong
 * to the same word after it.
 *
 * The patterns of byte-level BPE (GPT-2, cl100k, o200k, Llama 3, Qwen) take a letter or digit only as part of a word or
 * number that runs on to its end, and none looks back, so a token always ends here and the next one starts.
 */
export function wordEndsBefore(text: string, at: number): boolean {
  return LETTER_OR_DIGIT.test(characterBefore(text, at)) && !CONTINUES_WORD.test(characterAt(text, at));
}

const characterAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at)!);

function characterBefore(text: string, at: number): string {
  const isLow = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00;
  return characterAt(text, isLow && at > 1 ? at - 2 : at - 1);
}
