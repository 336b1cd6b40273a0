import { show } from './check.js';
import { bytesPerToken, type TokenDtype } from './token-bytes.js';
import { MAX_VOCABULARY } from './tokenizer.js';

/** What a `.bin` file of tokens holds; beside it as `NAME.bin.json`. */
export interface Sidecar {
  /** Name of the tokenizer. */
  readonly tokenizer: string;
  /** One more than the largest id there can be. */
  readonly vocabSize: number;
  readonly dtype: TokenDtype;
  /** Number of tokens. */
  readonly count: number;
  /** Where the first token begins in the `.bin`, in bytes, behind another program's header. Left out: 0. */
  readonly offset?: number;
  /** Of the whole `.bin`, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Number of documents. */
  readonly documents?: number;
  /** The token between documents. */
  readonly endOfText?: number;
  /** The characters by id, of a character tokenizer. */
  readonly vocabulary?: readonly string[];
}

/** No honest sidecar is larger: a vocabulary of 2¹⁶ characters is half of it. */
export const MAX_SIDECAR_BYTES = 2 ** 20;

/** No program's header is longer. */
const MAX_OFFSET = 2 ** 20;

/** The largest vocabulary that is written into a sidecar. */
export const MAX_SIDECAR_VOCABULARY = 2 ** 16;

/**
 * Reads a sidecar that may come from anywhere: takes the fields it knows, each checked, and nothing else.
 *
 * @param name What to call it in errors.
 * @param binSize Size of the `.bin` in bytes.
 * @throws If a field is missing or wrong, or does not fit the `.bin`.
 */
export function parseSidecar(where: string, name: string, content: unknown, binSize: number): Sidecar {
  const given = asObject(where, name, content);
  const fail = (field: string, expected: string) => {
    throw new Error(
      `${where}: ${name}: ${field} is ${brief(given[field])}, expected ${expected}. Make it again with tokenize.`,
    );
  };
  const isCount = (value: unknown, from: number, to: number): value is number =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;

  if (given.vocabSize === undefined && given.vocabularySize !== undefined) {
    throw new Error(
      `${where}: ${name} is in an older form, which names vocabularySize, expected vocabSize. ` +
        'Make it again with tokenize, or rename that field in it.',
    );
  }
  const { tokenizer, vocabSize, dtype, count, offset = 0, sha256, documents, endOfText, vocabulary } = given;
  if (typeof tokenizer !== 'string' || tokenizer === '') fail('tokenizer', 'the name of a tokenizer');
  if (!isCount(vocabSize, 1, MAX_VOCABULARY)) {
    fail('vocabSize', `a whole number from 1 to ${MAX_VOCABULARY}`);
  }
  if (dtype !== 'uint16' && dtype !== 'uint32') fail('dtype', "'uint16' or 'uint32'");
  if (dtype === 'uint16' && (vocabSize as number) > 2 ** 16)
    fail('dtype', "'uint32' for so large a vocabulary");
  if (!isCount(count, 0, Number.MAX_SAFE_INTEGER)) fail('count', 'a whole number ≥ 0');
  if (!isCount(offset, 0, MAX_OFFSET)) fail('offset', `a whole number from 0 to ${MAX_OFFSET}`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) fail('sha256', '64 hexadecimal digits');
  if (documents !== undefined && !isCount(documents, 0, Number.MAX_SAFE_INTEGER)) {
    fail('documents', 'a whole number ≥ 0');
  }
  if (endOfText !== undefined && !isCount(endOfText, 0, (vocabSize as number) - 1)) {
    fail('endOfText', `a token from 0 to ${(vocabSize as number) - 1}`);
  }
  if (vocabulary !== undefined && !isVocabulary(vocabulary, vocabSize as number)) {
    fail('vocabulary', `a list of ${vocabSize} different characters`);
  }
  const expected = (offset as number) + (count as number) * bytesPerToken(dtype as TokenDtype);
  if (expected !== binSize) {
    throw new Error(
      `${where}: ${name} names ${count} tokens of ${dtype}, ${expected} bytes, but the .bin has ${binSize}. ` +
        'It is cut off or belongs to another one; copy it again or make it again with tokenize.',
    );
  }
  return {
    ...{ tokenizer, vocabSize, dtype, count, sha256 },
    ...(offset === 0 ? {} : { offset }),
    ...(documents === undefined ? {} : { documents }),
    ...(endOfText === undefined ? {} : { endOfText }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
  } as Sidecar;
}

function asObject(where: string, name: string, content: unknown): Record<string, unknown> {
  let parsed = content;
  if (typeof content === 'string') {
    if (content.length > MAX_SIDECAR_BYTES) throw sidecarTooLarge(where, name, content.length);
    try {
      parsed = JSON.parse(content);
    } catch (error) {
      throw new Error(
        `${where}: ${name} is no JSON (${brief((error as Error).message)}), expected what tokenize wrote. ` +
          'Make it again with tokenize.',
        { cause: error },
      );
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(
      `${where}: ${name} is ${brief(parsed)}, expected an object. Make it again with tokenize.`,
    );
  }
  return Object.assign(Object.create(null), parsed); // without a prototype, so that no name is inherited
}

export const sidecarTooLarge = (where: string, name: string, size: number): Error =>
  new Error(
    `${where}: ${name} has ${size} bytes, expected at most ${MAX_SIDECAR_BYTES}. Is it a sidecar? Make it again with tokenize.`,
  );

function isVocabulary(value: unknown, size: number): boolean {
  return (
    Array.isArray(value) &&
    value.length === size &&
    size <= MAX_SIDECAR_VOCABULARY &&
    value.every((item) => typeof item === 'string' && item.length <= 2 && [...item].length === 1) &&
    new Set(value).size === size
  );
}

/** A value from outside, as an error shows it. */
function brief(value: unknown): string {
  const text = show(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
