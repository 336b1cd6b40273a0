import { Tokenizer as PublishedTokenizer } from '@huggingface/tokenizers';
import { show } from './check.js';
import { GPT2_WORD } from './gpt2-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';
import { wordEndsBefore } from './word-boundary.js';

/** Names of the end-of-text token, for tokenizers that come without a configuration. */
const END_OF_TEXT_NAMES = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '<|im_end|>'];

export interface TokenizerFromJsonOptions {
  /** Names it in sidecars. Default: the configuration's `name_or_path` or `tokenizer_class`, else `tokenizer.json`. */
  name?: string;
}

/**
 * Any published tokenizer: BPE, WordPiece or Unigram, as `tokenizer.json` and `tokenizer_config.json` describe it.
 *
 * No token is added in front or behind. A special token that is written out in the text becomes that token, as
 * in the published tokenizers. `endOfText` is the configuration's `eos_token`, else a token with a usual name for it.
 *
 * @param tokenizerJson The file's content, as text or parsed.
 * @param tokenizerConfig The content of `tokenizer_config.json`, as text or parsed. Default: none.
 * @throws If a content is no JSON object or not a tokenizer that `@huggingface/tokenizers` can read.
 */
export function tokenizerFromJson(
  tokenizerJson: string | object,
  tokenizerConfig: string | object = {},
  { name }: TokenizerFromJsonOptions = {},
): Tokenizer {
  const json = parseObject('tokenizer.json', tokenizerJson) as TokenizerJson;
  const config = parseObject('tokenizer_config.json', tokenizerConfig) as TokenizerConfig;
  const published = construct(json, config);
  const ids = [...published.get_vocab().values()];
  const vocabSize = ids.reduce((largest, id) => Math.max(largest, id), -1) + 1;
  const idOf = (token: string) => published.token_to_id(token);
  const eos = typeof config.eos_token === 'object' ? config.eos_token?.content : config.eos_token;
  const endOfText =
    typeof eos === 'string' ? idOf(eos) : END_OF_TEXT_NAMES.map(idOf).find((id) => id !== undefined);

  return {
    name: name ?? firstText(config.name_or_path, config.tokenizer_class) ?? 'tokenizer.json',
    vocabSize,
    ...(endOfText === undefined ? {} : { endOfText }),
    encode: (text) => (text === '' ? [] : published.encode(text, { add_special_tokens: false }).ids),
    decode(tokens) {
      const list = Array.from(tokens);
      const wrong = list.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
      if (wrong !== undefined) {
        throw new Error(
          `tokenizerFromJson: token ${show(wrong)} is not in the vocabulary, expected 0 to ${vocabSize - 1}. ` +
            'Was it made with another tokenizer?',
        );
      }
      return list.length === 0
        ? ''
        : published.decode(list, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
    ...(splitsAtWords(json) ? { canSplit: outside(json.added_tokens ?? []) } : {}),
  };
}

interface TokenizerJson {
  added_tokens?: {
    id?: unknown;
    content?: string;
    lstrip?: boolean;
    rstrip?: boolean;
    single_word?: boolean;
  }[];
  normalizer?: { type?: string } | null;
  pre_tokenizer?: PreTokenizer | null;
  model?: { type?: string; vocab?: unknown };
}
interface PreTokenizer {
  type?: string;
  use_regex?: boolean;
  add_prefix_space?: boolean;
  pattern?: { Regex?: string };
  behavior?: string;
  invert?: boolean;
  pretokenizers?: PreTokenizer[];
}
interface TokenizerConfig {
  eos_token?: string | { content?: string } | null;
  name_or_path?: unknown;
  tokenizer_class?: unknown;
}

/**
 * The patterns of Llama 3, Qwen 2, cl100k and relatives: an optional sign, letters; digits; signs and line breaks; space.
 * What they have in common is that letters and digits end where {@link wordEndsBefore} says.
 */
const WORD_PATTERN =
  /^\(\?i:'s\|'t\|'re\|'ve\|'m\|'ll\|'d\)\|\[\^\\r\\n\\p\{L\}\\p\{N\}\]\?\\p\{L\}\+\|\\p\{N\}(\{1,3\}|\+)?\| \?\[\^\\s\\p\{L\}\\p\{N\}\]\+\[\\r\\n\]\*\|\\s\*\[\\r\\n\]\+\|\\s\+\(\?!\\S\)\|\\s\+$/;

/** Whether the pipeline is known to keep words apart, so that a text can be cut between them. */
function splitsAtWords({ added_tokens = [], normalizer, pre_tokenizer, model }: TokenizerJson): boolean {
  const stages = pre_tokenizer?.type === 'Sequence' ? (pre_tokenizer.pretokenizers ?? []) : [pre_tokenizer];
  const [last] = stages.slice(-1);
  return (
    model?.type === 'BPE' &&
    (!normalizer || normalizer.type === 'NFC') &&
    last?.type === 'ByteLevel' &&
    !last.add_prefix_space &&
    (stages.length === 1
      ? last.use_regex !== false
      : stages.length === 2 &&
        last.use_regex === false &&
        stages[0]?.type === 'Split' &&
        stages[0].behavior === 'Isolated' &&
        !stages[0].invert &&
        WORD_PATTERN.test(stages[0].pattern?.Regex ?? '')) &&
    added_tokens.every(
      ({ content, rstrip, single_word }) => typeof content === 'string' && !rstrip && !single_word,
    )
  );
}

/** Added tokens are found in the text before all else, so no cut may fall where a word ends within one: `<|endoftext` `|>`. */
function outside(addedTokens: readonly { content?: string }[]): (text: string, at: number) => boolean {
  const forbidden = new Set<string>();
  for (const { content = '' } of addedTokens) {
    for (let at = 1; at < content.length; at++) if (wordEndsBefore(content, at)) forbidden.add(content[at]);
  }
  return (text, at) => !forbidden.has(text[at]) && wordEndsBefore(text, at);
}

const firstText = (...values: unknown[]) =>
  values.find((value): value is string => typeof value === 'string' && value !== '');

/** No published vocabulary is larger. The library makes lists as long as the largest id. */
const MAX_ID = 2 ** 24;

function checkIds({ model, added_tokens }: TokenizerJson): void {
  if (typeof model !== 'object' || model === null) throw damaged("it has no 'model'");
  const { vocab } = model;
  if (typeof vocab !== 'object' || vocab === null) throw damaged("its model has no 'vocab'");
  const added = Array.isArray(added_tokens) ? added_tokens.map((token) => token?.id) : [];
  const ids: unknown[] = [...(Array.isArray(vocab) ? [] : Object.values(vocab)), ...added];
  const wrong = ids.findIndex((id) => !(Number.isInteger(id) && Number(id) >= 0 && Number(id) < MAX_ID));
  if (wrong >= 0) throw damaged(`it has the id ${show(ids[wrong])}`);
  if (Object.keys(vocab).length === 0) throw damaged('its vocabulary is empty');
}

/** What a tokenizer can do without, though the library wants it named. */
const OPTIONAL_STAGES = {
  ...{ added_tokens: [], normalizer: null, pre_tokenizer: null },
  ...{ post_processor: null, decoder: null },
};

function construct(json: TokenizerJson, config: TokenizerConfig): PublishedTokenizer {
  checkIds(json);
  try {
    const tokenizer = new PublishedTokenizer({ ...OPTIONAL_STAGES, ...json }, config);
    divideWordsAsPublished(tokenizer.pre_tokenizer);
    return tokenizer;
  } catch (error) {
    throw damaged((error as Error).message, error);
  }
}

/** The library divides by JavaScript's white space, where published tokenizers take Unicode's. */
function divideWordsAsPublished(stage: unknown): void {
  const { tokenizers = [], use_regex } = (stage ?? {}) as { tokenizers?: unknown[]; use_regex?: boolean };
  if (typeof use_regex === 'boolean') (stage as { pattern: RegExp }).pattern = GPT2_WORD;
  for (const part of tokenizers) divideWordsAsPublished(part);
}

function parseObject(file: string, content: string | object): object {
  let parsed: unknown = content;
  if (typeof content === 'string') {
    try {
      parsed = JSON.parse(content);
    } catch (error) {
      throw new Error(
        `tokenizerFromJson: ${file} is no JSON (${(error as Error).message}), expected the file's content. ` +
          "Pass readFileSync('tokenizer.json', 'utf8'), not the file's name.",
        { cause: error },
      );
    }
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new Error(
    `tokenizerFromJson: ${file} is ${show(parsed)}, expected an object. Pass the file's content.`,
  );
}

const damaged = (reason: string, cause?: unknown) =>
  new Error(
    `tokenizerFromJson: tokenizer.json cannot be read: ${reason}. Expected a BPE, WordPiece or Unigram tokenizer as ` +
      'published by transformers. Download it again.',
    { cause },
  );
