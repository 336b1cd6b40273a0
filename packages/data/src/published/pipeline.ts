import { readAddedTokens, tokenFinder } from './added-tokens.js';
import { readDecoder } from './decoders.js';
import { Fields } from './fields.js';
import { readModel } from './models.js';
import { readNormalizer } from './normalizers.js';
import { type Around, readPostProcessor } from './post-processor.js';
import { readPreTokenizer } from './pre-tokenizers.js';

/** What a `tokenizer.json` does with a text. */
export interface Pipeline extends Around {
  /** Token by id; undefined where there is none. */
  readonly tokens: readonly (string | undefined)[];
  /** Ids of the tokens that are marked as special. */
  readonly special: ReadonlySet<number>;
  idOf(token: string): number | undefined;
  encode(text: string): number[];
  /** @param ids All of them in `tokens`. */
  decode(ids: readonly number[]): string;
}

/**
 * Reads a `tokenizer.json`. What it means is what Rust's tokenizers do with it:
 *
 *     text → added tokens, and text between → normalizer → pre-tokenizer, pieces → model, tokens
 *     tokens → decoder → text
 *
 * @throws If anything in it is damaged or not honoured here, by its place in the file.
 * @see Hugging Face, tokenizers 0.22, `tokenizers/src`. https://github.com/huggingface/tokenizers
 */
export function readPipeline(where: string, json: unknown): Pipeline {
  const fields = new Fields(where, 'it', json);
  const model = readModel(where, fields.take('model'));
  const added = readAddedTokens(where, fields.take('added_tokens'), model.vocabulary);
  const normalizer = readNormalizer(where, 'normalizer', fields.take('normalizer'));
  const preTokenizer = readPreTokenizer(where, 'pre_tokenizer', fields.take('pre_tokenizer'));
  const decoder = readDecoder(where, 'decoder', fields.take('decoder'));
  fields.ignore('version');
  fields.without(['truncation']);
  checkPadding(where, fields);

  const tokens: (string | undefined)[] = [];
  const ids = new Map(model.vocabulary);
  for (const { content, id } of added) ids.set(content, id);
  for (const [token, id] of ids) tokens[id] = token;
  const has = (id: unknown): id is number => typeof id === 'number' && tokens[id] !== undefined;
  const around = readPostProcessor(where, 'post_processor', fields.take('post_processor'), has);
  fields.end();

  const normalized = (text: string) => normalizer?.(text) ?? text;
  const findRaw = tokenFinder(
    added.filter((token) => !token.normalized),
    ({ content }) => content,
  );
  const findNormalized = tokenFinder(
    added.filter((token) => token.normalized),
    ({ content }) => normalized(content),
  );
  const encodeText = (text: string, isFirst: boolean): readonly number[] => {
    const pieces = [{ text, isFirst }];
    return (preTokenizer?.(pieces) ?? pieces).flatMap((piece) => model.encode(piece.text));
  };
  return {
    tokens,
    ...around,
    special: new Set(added.filter(({ special }) => special).map(({ id }) => id)),
    idOf: (token) => ids.get(token),
    encode(text) {
      const result: number[] = [];
      for (const section of findRaw(text, true)) {
        if ('id' in section) {
          result.push(section.id);
          continue;
        }
        for (const part of findNormalized(normalized(section.text), section.isFirst)) {
          if ('id' in part) result.push(part.id);
          else for (const id of encodeText(part.text, part.isFirst)) result.push(id);
        }
      }
      return result;
    },
    decode(list) {
      const texts = list.map((id) => tokens[id]!);
      return decoder ? decoder(texts).join('') : texts.join(' ');
    },
  };
}

/** Padding to the longest of a batch does nothing to a single text. */
function checkPadding(where: string, fields: Fields): void {
  const value = fields.take('padding');
  if (value === undefined) return;
  const padding = new Fields(where, 'padding', value);
  if (padding.take('strategy') === 'BatchLongest' && (padding.take('pad_to_multiple_of') ?? null) === null)
    return;
  throw fields.error(
    '.padding',
    value,
    "none, or the strategy 'BatchLongest', since it is not honoured here",
  );
}
