import { createSha256 } from '@evenkeel/files';
import { checkWhole, show } from './check.js';
import { encodePieces } from './encode-pieces.js';
import { MAX_SIDECAR_VOCABULARY, type Sidecar } from './sidecar.js';
import { splitDocuments } from './split-documents.js';
import { readText, type TextSource } from './text-source.js';
import { dtypeFor, packTokens, type TokenDtype } from './token-bytes.js';
import { checkTokenizer, type Tokenizer } from './tokenizer.js';

/** How far encoding has come. */
export interface TokenizeProgress {
  /** Tokens that have been written, those between documents included. */
  readonly tokens: number;
  /** UTF-16 code units that have been encoded. */
  readonly characters: number;
  /** Documents that have been encoded. */
  readonly documents: number;
  /** How much of the source has been read, 0 … 1; undefined for documents from a generator. */
  readonly share: number | undefined;
}

/** How a text is encoded. */
export interface EncodeOptions {
  tokenizer: Tokenizer;
  /** The token between documents, or false for none. Default: the tokenizer's own, if it has one. */
  endOfText?: number | false;
  /** Text that ends a document within a file, such as `<|endoftext|>`. Default: a file is one document. */
  documentSeparator?: string;
  /** How many characters to encode at once; it does not change the tokens. Default 2¹⁸. */
  chunkLength?: number;
  /** Called after each chunk. */
  onProgress?: (progress: TokenizeProgress) => void;
  /** Aborts: nothing is kept. */
  signal?: AbortSignal;
}

/** Their names. */
export const ENCODE_OPTIONS = [
  ...['tokenizer', 'endOfText', 'documentSeparator', 'chunkLength', 'onProgress', 'signal'],
];

/**
 * Encodes a source piece by piece, and writes the tokens as they are stored.
 *
 * @param where The function that the user called; errors begin with it.
 * @param write Takes the bytes in order.
 * @returns What to say of them.
 * @throws As `tokenize` does.
 */
export async function writeTokens(
  where: string,
  source: TextSource,
  { tokenizer, endOfText = tokenizer.endOfText, documentSeparator, ...options }: EncodeOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Sidecar> {
  const { chunkLength = 2 ** 18, onProgress, signal } = options;
  const dtype = dtypeFor(tokenizer.vocabSize);
  const hash = await createSha256();
  const done = { tokens: 0, characters: 0, documents: 0 };
  const append = async (tokens: ArrayLike<number>) => {
    const bytes = packChecked(where, tokens, dtype, tokenizer);
    hash.update(bytes);
    await write(bytes);
    done.tokens += tokens.length;
  };

  const text = readText(where, source);
  const documents = documentSeparator === undefined ? text : splitDocuments(text, documentSeparator);
  let isNew = true; // whether the document has no tokens yet
  for await (const piece of encodePieces(where, documents, tokenizer, chunkLength)) {
    signal?.throwIfAborted();
    if (piece === 'end of document') {
      isNew = true;
      continue;
    }
    if (isNew) {
      if (done.documents > 0 && typeof endOfText === 'number') await append([endOfText]);
      done.documents++;
      isNew = false;
    }
    await append(piece.tokens);
    done.characters += piece.characters;
    onProgress?.({ ...done, share: piece.share });
  }
  const { vocabulary } = tokenizer as { vocabulary?: readonly string[] };
  return {
    tokenizer: tokenizer.name,
    vocabSize: tokenizer.vocabSize,
    dtype,
    count: done.tokens,
    sha256: hash.hex(),
    documents: done.documents,
    ...(typeof endOfText === 'number' ? { endOfText } : {}),
    ...(Array.isArray(vocabulary) && vocabulary.length <= MAX_SIDECAR_VOCABULARY ? { vocabulary } : {}),
  };
}

function packChecked(
  where: string,
  tokens: ArrayLike<number>,
  dtype: TokenDtype,
  tokenizer: Tokenizer,
): Uint8Array {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token >= 0 && token < tokenizer.vocabSize && Number.isInteger(token)) continue;
    throw new Error(
      `${where}: ${tokenizer.name} gave the token ${show(token)}, expected 0 to ${tokenizer.vocabSize - 1}. ` +
        'Its vocabSize is wrong, or it cannot write this text.',
    );
  }
  return packTokens(tokens, dtype);
}

/** @throws If an option is out of range. */
export function checkEncodeOptions(where: string, options: EncodeOptions): void {
  const { tokenizer, endOfText, documentSeparator, chunkLength } = options;
  checkTokenizer(where, tokenizer);
  if (endOfText !== undefined && endOfText !== false) {
    checkWhole(where, 'endOfText', endOfText, 0, tokenizer.vocabSize - 1, 'Pass false for none.');
  }
  if (
    documentSeparator !== undefined &&
    (typeof documentSeparator !== 'string' || documentSeparator === '')
  ) {
    throw new Error(
      `${where}: documentSeparator is ${show(documentSeparator)}, expected a text. Leave it out for one document a file.`,
    );
  }
  if (chunkLength !== undefined) {
    checkWhole(where, 'chunkLength', chunkLength, 1, 2 ** 26, 'A usual value is 262144.');
  }
}
