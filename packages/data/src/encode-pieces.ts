import type { TextPiece } from './text-source.js';
import type { Tokenizer } from './tokenizer.js';

/** The longest text that is encoded at once when it cannot be cut: 2²⁶ characters need some GB. */
const MAX_UNCUT = 2 ** 26;

/** Some tokens of a document, or its end. */
export type EncodedPiece =
  | { readonly tokens: ArrayLike<number>; readonly characters: number; readonly share?: number }
  | 'end of document';

/**
 * Encodes documents that come in pieces to the same tokens as if each came whole.
 *
 * Holds back what follows the last place where the tokenizer allows a cut, so memory is bounded by `chunkLength` and
 * the distance of such places, whatever the length of a document.
 *
 * @param chunkLength How many characters to wait for before encoding.
 * @throws If a document goes on for 2²⁶ characters without such a place.
 */
export async function* encodePieces(
  where: string,
  pieces: AsyncIterable<TextPiece>,
  tokenizer: Tokenizer,
  chunkLength: number,
): AsyncGenerator<EncodedPiece> {
  let text = '';
  let searched = 0; // no cut is allowed before this place
  let share: number | undefined;
  const encode = (part: string) => ({ tokens: tokenizer.encode(part), characters: part.length, share });

  for await (const piece of pieces) {
    if (piece === 'end of document') {
      if (text !== '') yield encode(text);
      [text, searched] = ['', 0];
      yield piece;
      continue;
    }
    text += piece.text;
    share = piece.share ?? share;
    while (text.length > searched + chunkLength) {
      const end = searched + chunkLength; // a cut needs to see the character after it
      const cut = lastCut(tokenizer, text, searched, end);
      if (cut > 0) {
        yield encode(text.slice(0, cut));
        text = text.slice(cut);
        searched = 0;
      } else {
        searched = end;
      }
    }
    if (text.length > MAX_UNCUT) {
      throw new Error(
        `${where}: ${tokenizer.name} cannot cut a document of more than ${MAX_UNCUT} characters, expected a shorter ` +
          "one or a tokenizer with canSplit. Divide the text, or pass documentSeparator: '\\n\\n'.",
      );
    }
  }
}

/** @returns The last place after `from`, up to `to`, where the text may be cut; 0 if there is none. */
function lastCut(tokenizer: Tokenizer, text: string, from: number, to: number): number {
  if (!tokenizer.canSplit) return 0;
  for (let at = to; at > from; at--) if (tokenizer.canSplit(text, at)) return at;
  return 0;
}
