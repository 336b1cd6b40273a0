/** Pairs that byte-level BPE joins, in this order; `Ġ` is a space. */
const MERGES = [
  't h',
  'th e',
  'i n',
  'Ġ t',
  'Ġ a',
  'e r',
  'o n',
  'r e',
  'a n',
  'Ġ the',
  'in g',
  'an d',
  'o u',
  'e s',
  'l l',
];

/**
 * A small `tokenizer.json` in the layout of GPT-2 and Llama 3: byte-level BPE with a dozen merges, and its
 * `tokenizer_config.json`. It can read any text.
 *
 * @param endOfText How the model calls the end of a text.
 */
export function tinyTokenizer(endOfText: string) {
  const tokens = [...BYTE_LETTERS, ...MERGES.map((pair) => pair.replace(' ', ''))];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    vocabSize: tokens.length + 1,
    files: {
      'tokenizer.json': {
        version: '1.0',
        added_tokens: [
          {
            id: tokens.length,
            content: endOfText,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
          },
        ],
        pre_tokenizer: byteLevel,
        decoder: byteLevel,
        model: {
          type: 'BPE',
          vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
          merges: MERGES,
        },
      },
      'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', eos_token: endOfText },
    },
  };
}

/** A letter for each byte, as GPT-2 has it: itself if it can be seen, else one from U+0100 on. */
const BYTE_LETTERS = (() => {
  const isVisible = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let hidden = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isVisible(byte) ? byte : hidden++));
})();
