import { type Bytes, openBytes } from '@evenkeel/files';
import { show } from './check.js';

/**
 * Text to tokenize:
 *
 *     'To be, or not to be'                       one document
 *     ['hamlet.txt', file, …]                     files: names (in Node), URLs, Blobs or buffers, each a document, in UTF-8
 *     { documents: ['To be', 'or not to be'] }    documents one by one, also from a generator
 */
export type TextSource =
  | string
  | readonly Bytes[]
  | { readonly documents: Iterable<string> | AsyncIterable<string> };

/** A piece of text, and where a document ends. */
export type TextPiece = { readonly text: string; readonly share?: number } | 'end of document';

/** How many bytes of a file are read at once. */
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
  for (let at = 0; at < text.length; at += READ) {
    const share =
      from === undefined ? undefined : from + ((to - from) * Math.min(at + READ, text.length)) / text.length;
    yield { text: text.slice(at, at + READ), share };
  }
}

async function* readFiles(where: string, files: readonly Bytes[]): AsyncGenerator<TextPiece> {
  let [done, total] = [0, 0];
  for (const file of files) total += await sizeOf(where, file); // finds a wrong name before hours of work
  for (const file of files) {
    const source = await openBytes(where, file);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      for (let at = 0; at < source.size; at += READ) {
        const length = Math.min(READ, source.size - at);
        const bytes = await source.read(at, length);
        done += length;
        let text: string;
        try {
          text = decoder.decode(bytes, { stream: at + length < source.size });
        } catch (cause) {
          throw notUtf8(where, file, at + length, cause);
        }
        yield { text, share: done / total };
      }
    } finally {
      if (isName(file)) await source.close?.();
    }
    yield 'end of document';
  }
}

const isName = (file: Bytes): file is string | URL => typeof file === 'string' || file instanceof URL;

async function sizeOf(where: string, file: Bytes): Promise<number> {
  const source = await openBytes(where, file);
  if (isName(file)) await source.close?.();
  return source.size;
}

const notUtf8 = (where: string, file: Bytes, before: number, cause: unknown) =>
  new Error(
    `${where}: ${isName(file) ? `'${file}'` : 'a file'} has something else than UTF-8 before byte ${before}, ` +
      'expected text in UTF-8. Convert it first, for example with iconv.',
    { cause },
  );

const isIterable = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
