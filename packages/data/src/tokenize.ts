import { type AtomicFile, createAtomicFile, nodeFs } from '@evenkeel/files';
import { checkOptions, checkWhole, show } from './check.js';
import { encodePieces } from './encode-pieces.js';
import { createSha256 } from './sha256.js';
import { MAX_SIDECAR_VOCABULARY, type Sidecar } from './sidecar.js';
import { splitDocuments } from './split-documents.js';
import { readText, type TextSource } from './text-source.js';
import { dtypeFor, packTokens, type TokenDtype } from './token-bytes.js';
import { checkTokenizer, type Tokenizer } from './tokenizer.js';

/** How far {@link tokenize} has come. */
export interface TokenizeProgress {
  readonly tokens: number;
  /** UTF-16 code units that have been encoded. */
  readonly characters: number;
  readonly documents: number;
  /** How much of the source has been read, 0 … 1; undefined for documents from a generator. */
  readonly share: number | undefined;
}

export interface TokenizeOptions {
  tokenizer: Tokenizer;
  /** Where to write, in Node: `corpus.bin`, with `corpus.bin.json` beside it. Left out: the bytes are returned. */
  out?: string;
  /** The token between documents, or false for none. Default: the tokenizer's own, if it has one. */
  endOfText?: number | false;
  /** Text that ends a document within a file, such as `<|endoftext|>`. Default: a file is one document. */
  documentSeparator?: string;
  /** How many characters to encode at once; it does not change the tokens. Default 2¹⁸. */
  chunkLength?: number;
  /** Called after each chunk. */
  onProgress?: (progress: TokenizeProgress) => void;
  /** Aborts: the files are left as they were. */
  signal?: AbortSignal;
}

const OPTIONS = ['tokenizer', 'out', 'endOfText', 'documentSeparator', 'chunkLength', 'onProgress', 'signal'];

/**
 * Turns text into a file of tokens that {@link TokenDataset} reads.
 *
 *     corpus.bin         token after token, uint16 little-endian, or uint32 where the vocabulary needs it
 *     corpus.bin.json    tokenizer, vocabSize, dtype, count, sha256, documents, endOfText
 *
 * The source is read, encoded and written piece by piece, so it may be larger than memory; the tokens are those of
 * encoding each document whole. One end-of-text token stands between documents (with a tokenizer that has none
 * they follow each other), none at the end. Empty documents are left out.
 *
 * Both files are written under other names, synced and renamed: an error leaves what was there before.
 *
 * @param source A text, a list of files, or `{ documents }`: see {@link TextSource}.
 * @returns What the sidecar says, with `path` if `out` was given, else with `bytes` for `TokenDataset.open`.
 * @throws If an option is unknown or wrong, a file cannot be read or written or is not UTF-8, the tokenizer fails or
 *     gives an id beyond its vocabulary, or `signal` aborts.
 */
export async function tokenize(
  source: TextSource,
  options: TokenizeOptions & { out: string },
): Promise<{ sidecar: Sidecar; path: string }>;
export async function tokenize(
  source: TextSource,
  options: TokenizeOptions & { out?: undefined },
): Promise<{ sidecar: Sidecar; bytes: Uint8Array }>;
export async function tokenize(
  source: TextSource,
  options: TokenizeOptions,
): Promise<{ sidecar: Sidecar; path?: string; bytes?: Uint8Array }> {
  checkTokenizeOptions(options);
  const { out, signal } = options;
  signal?.throwIfAborted();
  if (out === undefined) {
    const parts: Uint8Array[] = [];
    const sidecar = await writeTokens(source, options, async (bytes) => void parts.push(bytes));
    return { sidecar, bytes: joined(parts) };
  }
  if (typeof source === 'string') await checkIsNoFileName(source);
  const files: AtomicFile[] = [];
  try {
    for (const name of [out, `${out}.json`]) files.push(await createAtomicFile(WHERE, name));
    const sidecar = await writeTokens(source, options, (bytes) => files[0].write(bytes));
    await files[1].write(new TextEncoder().encode(`${JSON.stringify(sidecar, null, 2)}\n`));
    for (const file of files) await file.sync();
    for (const file of files) await file.publish();
    return { sidecar, path: out };
  } finally {
    for (const file of files) await file.discard();
  }
}

const WHERE = 'tokenize';

async function writeTokens(
  source: TextSource,
  { tokenizer, endOfText = tokenizer.endOfText, documentSeparator, ...options }: TokenizeOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Sidecar> {
  const { chunkLength = 2 ** 18, onProgress, signal } = options;
  const dtype = dtypeFor(tokenizer.vocabSize);
  const hash = await createSha256();
  const done = { tokens: 0, characters: 0, documents: 0 };
  const append = async (tokens: ArrayLike<number>) => {
    const bytes = packChecked(tokens, dtype, tokenizer);
    hash.update(bytes);
    await write(bytes);
    done.tokens += tokens.length;
  };

  const text = readText(WHERE, source);
  const documents = documentSeparator === undefined ? text : splitDocuments(text, documentSeparator);
  let isNew = true; // whether the document has no tokens yet
  for await (const piece of encodePieces(WHERE, documents, tokenizer, chunkLength)) {
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

function packChecked(tokens: ArrayLike<number>, dtype: TokenDtype, tokenizer: Tokenizer): Uint8Array {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token >= 0 && token < tokenizer.vocabSize && Number.isInteger(token)) continue;
    throw new Error(
      `${WHERE}: ${tokenizer.name} gave the token ${show(token)}, expected 0 to ${tokenizer.vocabSize - 1}. ` +
        'Its vocabSize is wrong, or it cannot write this text.',
    );
  }
  return packTokens(tokens, dtype);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function checkTokenizeOptions(options: TokenizeOptions): void {
  checkOptions(WHERE, options, OPTIONS);
  const { tokenizer, out, endOfText, documentSeparator, chunkLength } = options;
  checkTokenizer(WHERE, tokenizer);
  if (out !== undefined && (typeof out !== 'string' || out === '')) {
    throw new Error(`${WHERE}: out is ${show(out)}, expected the name of a file. Try 'corpus.bin'.`);
  }
  if (endOfText !== undefined && endOfText !== false) {
    checkWhole(WHERE, 'endOfText', endOfText, 0, tokenizer.vocabSize - 1, 'Pass false for none.');
  }
  if (
    documentSeparator !== undefined &&
    (typeof documentSeparator !== 'string' || documentSeparator === '')
  ) {
    throw new Error(
      `${WHERE}: documentSeparator is ${show(documentSeparator)}, expected a text. Leave it out for one document a file.`,
    );
  }
  if (chunkLength !== undefined) {
    checkWhole(WHERE, 'chunkLength', chunkLength, 1, 2 ** 26, 'A usual value is 262144.');
  }
}

/** A file's name in place of its text would make a corpus of a few letters. */
async function checkIsNoFileName(text: string): Promise<void> {
  if (text.length > 1024 || /\s/.test(text) || !(await nodeFs(WHERE)).existsSync(text)) return;
  throw new Error(
    `${WHERE}: '${text}' is the name of a file, expected its text or a list of files. Pass ['${text}'].`,
  );
}
