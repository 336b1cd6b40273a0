import { bytePairMerge } from './byte-pair-merge.js';
import { END_OF_TEXT, gpt2Bytes, latin1 } from './gpt2-tokenizer.js';

/**
 * GPT-2's `tokenizer.json`, made from its vocabulary. Byte-pair encoding has a merge for each token of several bytes, in the
 * order of the tokens: of the two tokens that all earlier merges make of it.
 */
export async function gpt2Json(): Promise<object> {
  const tokens = (await gpt2Bytes()).map(latin1);
  const ranks = new Map<string, number>();
  const merges: string[] = [];
  for (const [id, token] of tokens.slice(0, END_OF_TEXT).entries()) {
    if (token.length > 1) {
      const [left, right] = bytePairMerge(token, ranks).map((part) => visible(tokens[part]));
      merges.push(`${left} ${right}`);
    }
    ranks.set(token, id);
  }
  const vocabulary = tokens.map((token, id) => [id === END_OF_TEXT ? token : visible(token), id]);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        ...{
          id: END_OF_TEXT,
          content: tokens[END_OF_TEXT],
          single_word: false,
          lstrip: false,
          rstrip: false,
        },
        ...{ normalized: true, special: true },
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
      },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  };
}

/** Bytes as GPT-2 shows them: printable ones as they are, the others as the letters from U+0100 on. */
const visible = (bytes: string): string => Array.from(bytes, (byte) => VISIBLE[byte.charCodeAt(0)]).join('');

const VISIBLE = visibleBytes();

function visibleBytes(): readonly string[] {
  let hidden = 0;
  const isShown = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isShown(byte) ? byte : 0x100 + hidden++),
  );
}
