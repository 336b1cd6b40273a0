import { show } from './check.js';
import type { Pipeline } from './published/pipeline.js';

/** The tokens of a published tokenizer that are no text, by id, as its files say. */
export interface SpecialTokens {
  /** Ends a document, and stands between documents: the first of `endTokens`. */
  readonly endOfText?: number;
  /** At any of these a model has said what it had to say: those of `generation_config.json` and `endOfText`. */
  readonly endTokens: readonly number[];
  /** Begins a text. */
  readonly beginOfText?: number;
  /** Fills rows of different lengths up. */
  readonly padToken?: number;
  /** Stands for what no other token says. */
  readonly unknownToken?: number;
  /** What the published tokenizer puts in front of a text, such as the begin-of-text token. */
  readonly prefix: readonly number[];
  /** What it puts behind a text. */
  readonly suffix: readonly number[];
}

/** Names of the end-of-text token, for tokenizers whose files do not name it. Only tokens marked as special are taken. */
const END_OF_TEXT_NAMES = [
  ...['<|endoftext|>', '<|end_of_text|>', '<|im_end|>', '</s>', '<eos>', '<｜end▁of▁sentence｜>', '[EOS]'],
];

/** Parsed contents; an empty object for a file that is not there. */
interface TokenizerContents {
  readonly config: Fields;
  readonly specialTokensMap: Fields;
  readonly generationConfig: Fields;
}
type Fields = Readonly<Record<string, unknown>>;

/**
 * Finds out what the files of a tokenizer say of its special tokens. They are asked in this order:
 *
 *     end of text    eos_token in tokenizer_config.json, special_tokens_map.json; eos_token_id in generation_config.json;
 *                    a special token with a usual name
 *     the others     the same, without usual names
 *     prefix         the post-processor's template; add_bos_token and add_eos_token in tokenizer_config.json change it
 *
 * @throws If a token is named that the tokenizer does not have.
 */
export function readSpecialTokens(
  where: string,
  { config, specialTokensMap, generationConfig }: TokenizerContents,
  { idOf, special, tokens, prefix, suffix }: Pipeline,
): SpecialTokens {
  const size = tokens.length;
  const named = (field: string): number | undefined => {
    for (const [file, fields] of [
      ['tokenizer_config.json', config],
      ['special_tokens_map.json', specialTokensMap],
    ] as const) {
      const token = contentOf(fields[field]);
      if (token === undefined) continue;
      const id = idOf(token);
      if (id !== undefined) return id;
      throw new Error(
        `${where}: ${file} names ${field} '${token}', expected a token of tokenizer.json. ` +
          'Do the files belong to the same model?',
      );
    }
    return undefined;
  };
  const generated = (field: string): readonly number[] => {
    const value = generationConfig[field] ?? [];
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
    const wrong = ids.find((id) => !(Number.isInteger(id) && Number(id) >= 0 && Number(id) < size));
    if (wrong === undefined) return ids as readonly number[];
    throw new Error(
      `${where}: generation_config.json has ${field} ${show(wrong)}, expected ids from 0 to ${size - 1}. ` +
        'Do the files belong to the same model?',
    );
  };
  const usual = () => END_OF_TEXT_NAMES.map(idOf).find((id) => id !== undefined && special.has(id));
  const ends = generated('eos_token_id');
  const endOfText = named('eos_token') ?? ends[0] ?? usual();
  const beginOfText = named('bos_token') ?? generated('bos_token_id')[0];
  return {
    endOfText,
    endTokens: [...new Set([...ends, ...(endOfText === undefined ? [] : [endOfText])])],
    beginOfText,
    padToken: named('pad_token') ?? generated('pad_token_id')[0],
    unknownToken: named('unk_token'),
    prefix: withOrWithout(config.add_bos_token, beginOfText, prefix, (token, list) => [token, ...list]),
    suffix: withOrWithout(config.add_eos_token, endOfText, suffix, (token, list) => [...list, token]),
  };
}

/** A token as `"</s>"` or as `{ "content": "</s>" }`. */
function contentOf(value: unknown): string | undefined {
  const content =
    typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
  return typeof content === 'string' && content !== '' ? content : undefined;
}

/** A flag, where it is set, decides whether a token is in the list. */
function withOrWithout(
  flag: unknown,
  token: number | undefined,
  list: readonly number[],
  put: (token: number, list: readonly number[]) => readonly number[],
): readonly number[] {
  if (token === undefined || typeof flag !== 'boolean' || flag === list.includes(token)) return list;
  return flag ? put(token, list) : list.filter((other) => other !== token);
}
