import type { TextPiece } from './text-source.js';

/** Ends a document wherever the separator stands, also where it spans two pieces; the separator itself is left out. */
export async function* splitDocuments(
  pieces: AsyncIterable<TextPiece>,
  separator: string,
): AsyncGenerator<TextPiece> {
  let rest = ''; // could be the beginning of a separator
  for await (const piece of pieces) {
    if (piece === 'end of document') {
      if (rest !== '') yield { text: rest };
      rest = '';
      yield piece;
      continue;
    }
    const parts = (rest + piece.text).split(separator);
    const last = parts.pop()!;
    for (const text of parts) {
      yield { text, share: piece.share };
      yield 'end of document';
    }
    const cut = Math.max(0, last.length - separator.length + 1);
    rest = last.slice(cut);
    yield { text: last.slice(0, cut), share: piece.share };
  }
}
