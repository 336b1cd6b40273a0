import fc from 'fast-check';

/** Text with all that tokenizers trip over: contractions, numbers, marks, spaces, other scripts, emoji, controls. */
export const textWithTraps = fc
  .array(
    fc.oneof(
      fc.constantFrom("don't", "WE'LL", "o'", 'ſ', 'é', 'e\u0301', '123', '4567890', '²', '字', '한국어', 'भाषा', '😀', '👩‍🚀'),
      fc.constantFrom(' ', '  ', '\n', '\n\n', '\r\n', '\t', '\u00a0', '.', '...', ',', '!?', '(', '"', '’', '_', '-', '/'),
      fc.constantFrom('word', 'Word', 'a', 'the', ' the', '<|endoftext|', '<|', '|>', '\u0000', '\ufffd', '\u200d', '\ufeff'),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
