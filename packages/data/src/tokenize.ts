import { type AtomicFile, createAtomicFile, joinBytes, nodeFs } from '@evenkeel/files';
import { checkOptions, show } from './check.js';
import type { Sidecar } from './sidecar.js';
import { sidecarText } from './sidecar-seal.js';
import type { TextSource } from './text-source.js';
import { checkEncodeOptions, ENCODE_OPTIONS, type EncodeOptions, writeTokens } from './write-tokens.js';

export interface TokenizeOptions extends EncodeOptions {
  /** Where to write, in Node: `corpus.bin`, with `corpus.bin.json` beside it. Left out: the bytes are returned. */
  out?: string;
}

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
  checkOptions(WHERE, options, [...ENCODE_OPTIONS, 'out']);
  checkEncodeOptions(WHERE, options);
  const { out, signal } = options;
  if (out !== undefined && (typeof out !== 'string' || out === '')) {
    throw new Error(`${WHERE}: out is ${show(out)}, expected the name of a file. Try 'corpus.bin'.`);
  }
  signal?.throwIfAborted();
  if (out === undefined) {
    const parts: Uint8Array[] = [];
    const sidecar = await writeTokens(WHERE, source, options, async (bytes) => void parts.push(bytes));
    return { sidecar, bytes: joinBytes(parts) };
  }
  if (typeof source === 'string') await checkIsNoFileName(source);
  const files: AtomicFile[] = [];
  try {
    for (const name of [out, `${out}.json`]) files.push(await createAtomicFile(WHERE, name));
    const sidecar = await writeTokens(WHERE, source, options, (bytes) => files[0].write(bytes));
    await files[1].write(sidecarText(sidecar));
    for (const file of files) await file.sync();
    for (const file of files) await file.publish();
    return { sidecar, path: out };
  } finally {
    for (const file of files) await file.discard();
  }
}

const WHERE = 'tokenize';

/** A file's name in place of its text would make a corpus of a few letters. */
async function checkIsNoFileName(text: string): Promise<void> {
  if (text.length > 1024 || /\s/.test(text) || !(await nodeFs(WHERE)).existsSync(text)) return;
  throw new Error(
    `${WHERE}: '${text}' is the name of a file, expected its text or a list of files. Pass ['${text}'].`,
  );
}
