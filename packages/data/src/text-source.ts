import { type Bytes, openBytes, readTextPieces } from '@evenkeel/files';
import { isPair } from './characters.js';
import { show } from './check.js';

/**
 * Text to tokenize:
 *
 *     'To be, or not to be'                       one document
 *     ['hamlet.txt', file, …]                     files: names (in Node), URLs, Blobs or buffers, each a document
 *     { documents: ['To be', 'or not to be'] }    documents one by one, also from a generator
 *
 * Files are in UTF-8, or in UTF-16 with a byte order mark; the mark is no part of the text, line ends stay as they are.
 */
export type TextSource =
  | string
  | readonly Bytes[]
  | { readonly documents: Iterable<string> | AsyncIterable<string> };

/** A piece of text, and where a document ends. */
export type TextPiece = { readonly text: string; readonly share?: number } | 'end of document';

/** How many characters of a text are given at once. */
const READ = 2 ** 18;

/** The text of a source in pieces, in order; `share` is how much of the source has been read, where that is known. */
export async function* readText(where: string, source: TextSource): AsyncGenerator<TextPiece> {
  if (typeof source === 'string') {
    yield* inPieces(source, 0, 1);
    yield 'end of document';
  } else if (Array.isArray(source)) {
    yield* readFiles(where, source);
  } else {
    const documents = (source as { documents?: AsyncIterable<string> } | null)?.documents;
    if (!isIterable(documents)) {
      throw new Error(
        `${where}: the source is ${show(source)}, expected a text, a list of files or { documents }. ` +
          `Try ${where}(text, …) or ${where}(['corpus.txt'], …).`,
      );
    }
    for await (const text of documents) {
      if (typeof text !== 'string') {
        throw new Error(`${where}: a document is ${show(text)}, expected a text. Decode bytes first.`);
      }
      yield* inPieces(text);
      yield 'end of document';
    }
  }
}

function* inPieces(text: string, from?: number, to = 1): Generator<TextPiece> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + READ, text.length);
    if (end < text.length && isPair(text, end)) end--; // whole characters
    const share = from === undefined ? undefined : from + ((to - from) * end) / text.length;
    yield { text: text.slice(at, end), share };
    at = end;
  }
}

async function* readFiles(where: string, files: readonly Bytes[]): AsyncGenerator<TextPiece> {
  const sizes: number[] = [];
  for (const file of files) sizes.push(await sizeOf(where, file)); // finds a wrong name before hours of work
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [i, file] of files.entries()) {
    for await (const { text, bytesRead } of readTextPieces(where, file)) {
      yield { text, share: (done + bytesRead) / total };
    }
    done += sizes[i];
    yield 'end of document';
  }
}

const isName = (file: Bytes): file is string | URL => typeof file === 'string' || file instanceof URL;

async function sizeOf(where: string, file: Bytes): Promise<number> {
  const source = await openBytes(where, file);
  if (isName(file)) await source.close?.();
  return source.size;
}

const isIterable = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
