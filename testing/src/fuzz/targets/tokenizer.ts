import {
  characterTokenizer,
  type PublishedTokenizer,
  type TokenizerFiles,
  tokenizerFromFiles,
  tokenizerToJson,
} from '@evenkeel/data';
import { unlessRefused } from '../check-input.js';
import { edited } from '../edits.js';
import { bytesOf, type Files, jsonOf, target, textOf } from '../target.js';

const ids = (...names: string[]) => Object.fromEntries(names.map((name, id) => [name, id]));
const added = (id: number, content: string) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

const byteLevel = {
  version: '1.0',
  added_tokens: [added(9, '<|endoftext|>'), { ...added(10, 'b c'), special: false, normalized: true }],
  normalizer: {
    type: 'Sequence',
    normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      {
        type: 'Split',
        pattern: { Regex: '\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+' },
        behavior: 'Isolated',
        invert: false,
      },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [9], tokens: ['<|endoftext|>'] } },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    ...{
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
    },
    ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
    vocab: ids('a', 'b', 'c', 'Ġ', 'ab', 'Ġa', 'abc', '1', 'Ã'),
    merges: ['a b', 'Ġ a', 'ab c'],
  },
};
const wordPiece = {
  added_tokens: [added(0, '[UNK]'), added(5, '[SEP]')],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 5], cls: ['[UNK]', 0] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    ...{
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    vocab: ids('[UNK]', 'un', '##do', '##s', 'a'),
  },
};
const unigram = {
  added_tokens: [added(0, '<unk>')],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Strip', strip_left: true, strip_right: false },
    ],
  },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    ...{ type: 'Unigram', unk_id: 0, byte_fallback: true },
    vocab: [
      ['<unk>', 0],
      ['▁a', -1],
      ['b', -1.5],
      ['ab', -2],
      ['<0xC3>', -5],
      ['<0xA9>', -5],
    ],
  },
};
const wordLevel = {
  added_tokens: [],
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'WhitespaceSplit' },
      { type: 'Digits', individual_digits: true },
      { type: 'Punctuation', behavior: 'Removed' },
    ],
  },
  decoder: null,
  padding: { strategy: 'BatchLongest', pad_to_multiple_of: null },
  model: { type: 'WordLevel', unk_token: '?', vocab: ids('?', 'a', 'b', '1') },
};
const configuration = {
  ...{
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: true,
    bos_token: '<|endoftext|>',
    eos_token: { content: '<|endoftext|>' },
  },
  added_tokens_decoder: {
    9: { ...added(9, '<|endoftext|>'), id: undefined },
    11: { content: '<|pad|>', special: true },
  },
  ...{
    pad_token: '<|pad|>',
    chat_template: '{{ bos_token }}{% for message in messages %}{{ message.content }}{% endfor %}',
  },
};

const seeds: readonly Files[] = [
  {
    'tokenizer.json': jsonOf(byteLevel),
    'tokenizer_config.json': jsonOf(configuration),
    'special_tokens_map.json': jsonOf({ eos_token: '<|endoftext|>' }),
    'generation_config.json': jsonOf({ eos_token_id: [9], bos_token_id: 9 }),
  },
  ...[byteLevel, wordPiece, unigram, wordLevel].map((json) => ({ 'tokenizer.json': jsonOf(json) })),
  { 'tokenizer.json': bytesOf(await tokenizerToJson(characterTokenizer('ab \né'))) },
];

const TEXTS = [
  '',
  'abc ab a1',
  ' Unaffable\té字 <|endoftext|>b c',
  'a\u0301\ud800 \u{1F600}  \n\n',
  'undos, undo! '.repeat(20),
];

/** A tokenizer that was accepted encodes any text, or says why not; what it encodes, it decodes, and its files make it again. */
export const tokenizer = target<PublishedTokenizer>({
  inputs: edited(seeds),
  refusal: /^tokenizerFromFiles: /,
  read: (files) =>
    tokenizerFromFiles(
      Object.fromEntries(
        Object.entries(files).map(([name, bytes]) => [name, textOf(bytes)]),
      ) as unknown as TokenizerFiles,
    ),
  async use(tokenizer) {
    const again = tokenizerFromFiles(tokenizer.files);
    for (const text of TEXTS) {
      const encoded = await unlessRefused(/^(tokenizer|characterTokenizer)\w*(\.\w+)?: /, () =>
        tokenizer.encode(text),
      );
      if (!encoded) continue;
      const unknown = encoded.find((id) => !tokenizer.has(id));
      if (unknown !== undefined) throw new Error(`use: '${text}' becomes ${unknown}, which is no token.`);
      if (tokenizer.decode(encoded) !== again.decode(again.encode(text))) {
        throw new Error(`use: '${text}' is not the same by its own files.`);
      }
    }
    for (let id = 0; id < Math.min(tokenizer.vocabSize, 20); id++)
      if (tokenizer.has(id)) tokenizer.decode([id, id]);
    const { endOfText, prefix, suffix, endTokens } = tokenizer;
    for (const id of [endOfText ?? [], prefix, suffix, endTokens].flat()) {
      if (!tokenizer.has(id)) throw new Error(`use: its own token ${id} is none.`);
    }
  },
});
