import { type CharacterTokenizer, characterTokenizer } from './character-tokenizer.js';
import { show } from './check.js';
import { readPipeline } from './published/pipeline.js';
import { readSpecialTokens, type SpecialTokens } from './special-tokens.js';
import type { Tokenizer } from './tokenizer.js';
import { charactersOf } from './tokenizer-to-json.js';
import { wordEndsBefore } from './word-boundary.js';

/** The files of a published tokenizer, as texts. Only `tokenizer.json` must be there. */
export interface TokenizerFiles {
  readonly 'tokenizer.json': string;
  readonly 'tokenizer_config.json'?: string;
  readonly 'special_tokens_map.json'?: string;
  readonly 'generation_config.json'?: string;
  readonly 'chat_template.jinja'?: string;
}

/** A tokenizer with all that its files say. */
export interface PublishedTokenizer extends Tokenizer, SpecialTokens {
  /** The ids of tokens that are marked as special. */
  readonly specialTokens: ReadonlySet<number>;
  /** How a conversation is written, in Jinja, for a model that was trained on conversations. */
  readonly chatTemplate?: string;
  /** The files as they came, to be saved with a model. */
  readonly files: TokenizerFiles;
  /** Whether there is a token with this id: a vocabulary may have holes, and a model more rows than tokens. */
  has(id: number): boolean;
}

export interface PublishedTokenizerOptions {
  /** Names it in sidecars. Default: the configuration's `name_or_path` or `tokenizer_class`, else `tokenizer.json`. */
  readonly name?: string;
}

/**
 * Any published tokenizer, BPE, WordPiece, WordLevel or Unigram, from the files that lie beside a model.
 *
 * `encode` adds no token in front or behind: `prefix` and `suffix` say what the published tokenizer adds. A special token that
 * is written out in the text becomes that token, as there.
 *
 * @param files Their contents by name; files that are not there are left out.
 * @throws If a content is no JSON object, if `tokenizer.json` has anything that is not honoured here, or if the files
 *     contradict each other.
 */
export function tokenizerFromFiles(
  files: TokenizerFiles,
  options: PublishedTokenizerOptions = {},
): PublishedTokenizer {
  return readTokenizer('tokenizerFromFiles', files, options);
}

/**
 * The same from the contents of `tokenizer.json` and `tokenizer_config.json` alone.
 *
 * @param tokenizerJson As text or parsed.
 * @param tokenizerConfig As text or parsed. Default: none.
 * @throws As {@link tokenizerFromFiles}.
 */
export function tokenizerFromJson(
  tokenizerJson: string | object,
  tokenizerConfig?: string | object,
  options: PublishedTokenizerOptions = {},
): PublishedTokenizer {
  const text = (content: string | object) =>
    typeof content === 'string' ? content : textOfJson('tokenizerFromJson', content);
  const files = {
    'tokenizer.json': text(tokenizerJson),
    ...(tokenizerConfig === undefined ? {} : { 'tokenizer_config.json': text(tokenizerConfig) }),
  };
  return readTokenizer('tokenizerFromJson', files, options);
}

/** What {@link tokenizerFromFiles} does, for a function of another name. */
export function readTokenizer(
  where: string,
  files: TokenizerFiles,
  { name }: PublishedTokenizerOptions,
): PublishedTokenizer {
  const parsed = (file: Exclude<keyof TokenizerFiles, 'chat_template.jinja'>) =>
    parseObject(where, file, files[file]);
  const config = parsed('tokenizer_config.json');
  const json = withAddedTokens(where, parsed('tokenizer.json') as TokenizerJson, config);
  const pipeline = readPipeline(where, json);
  const { tokens } = pipeline;
  const vocabSize = tokens.length;
  const contents = {
    config,
    specialTokensMap: parsed('special_tokens_map.json'),
    generationConfig: parsed('generation_config.json'),
  };
  const special = readSpecialTokens(where, contents, pipeline);
  const has = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabSize && tokens[id] !== undefined;

  return {
    name: name ?? firstText(config.name_or_path, config.tokenizer_class) ?? 'tokenizer.json',
    vocabSize,
    ...definedOnly(special),
    specialTokens: pipeline.special,
    ...definedOnly({ chatTemplate: chatTemplateOf(files, config) }),
    files,
    has,
    encode: pipeline.encode,
    decode(ids) {
      const list = Array.from(ids);
      const wrong = list.find((id) => !has(id));
      if (wrong !== undefined) {
        throw new Error(
          `${where}: token ${show(wrong)} is not in the vocabulary, expected 0 to ${vocabSize - 1}` +
            `${wrong >= 0 && wrong < vocabSize ? ' without the gaps in it' : ''}. Was it made with another tokenizer?`,
        );
      }
      return list.length === 0 ? '' : pipeline.decode(list);
    },
    ...(splitsAtWords(json) ? { canSplit: outside(json.added_tokens ?? []) } : {}),
    ...characterTokenizerIn(json),
  };
}

/** What `tokenizerToJson` wrote of a tokenizer by characters is that tokenizer again, which refuses unknown characters. */
function characterTokenizerIn(json: TokenizerJson): CharacterTokenizer | undefined {
  const characters = charactersOf(json);
  return characters && characterTokenizer(characters);
}

/** Tokens that the configuration adds to those of `tokenizer.json`, as fine-tuned models have them. */
function withAddedTokens(where: string, json: TokenizerJson, config: Fields): TokenizerJson {
  const decoder = config.added_tokens_decoder;
  if (typeof decoder !== 'object' || decoder === null || !Array.isArray(json.added_tokens ?? [])) return json;
  const known = new Map(json.added_tokens?.map((token) => [token?.content, token?.id]));
  const vocab = (json.model?.vocab ?? {}) as Record<string, unknown>;
  const added = Object.entries(decoder).flatMap(([id, token]) => {
    const { content, special, lstrip, rstrip, single_word, normalized } = (token ?? {}) as Fields;
    if (typeof content !== 'string') return [];
    const there = known.get(content) ?? (Object.hasOwn(vocab, content) ? vocab[content] : undefined);
    if (there === undefined) {
      return [
        { content, special, lstrip, rstrip, single_word, normalized, id: Number(id) } as AddedTokenJson,
      ];
    }
    if (there === Number(id)) return [];
    throw new Error(
      `${where}: tokenizer_config.json gives '${content}' the id ${id}, expected ${show(there)} as in tokenizer.json. ` +
        'Do the files belong to the same model?',
    );
  });
  return added.length === 0 ? json : { ...json, added_tokens: [...(json.added_tokens ?? []), ...added] };
}

function chatTemplateOf(files: TokenizerFiles, config: Fields): string | undefined {
  const template = files['chat_template.jinja'] ?? config.chat_template;
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return undefined;
  const found = template.find((item) => item?.name === 'default')?.template;
  return typeof found === 'string' ? found : undefined;
}

const definedOnly = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

type Fields = Readonly<Record<string, unknown>>;

interface AddedTokenJson {
  id?: unknown;
  content?: string;
  lstrip?: boolean;
  rstrip?: boolean;
  single_word?: boolean;
}
interface TokenizerJson {
  added_tokens?: AddedTokenJson[];
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

function textOfJson(where: string, content: object): string {
  try {
    return JSON.stringify(content);
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw new Error(
      `${where}: the content is no JSON (${reason}), expected what tokenizer.json holds. Pass its text.`,
      { cause },
    );
  }
}

/** Nothing for a file that is not there. */
function parseObject(where: string, file: string, content: string | undefined): Fields {
  if (content === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.startsWith('\ufeff') ? content.slice(1) : content);
  } catch (error) {
    throw new Error(
      `${where}: ${file} is no JSON (${(error as Error).message}), expected the file's content. ` +
        'Pass its text, not its name.',
      { cause: error },
    );
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Fields;
  throw new Error(`${where}: ${file} is ${show(parsed)}, expected an object. Pass the file's content.`);
}
