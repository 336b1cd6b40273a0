import { unknownId } from './bpe.js';
import type { Fields } from './fields.js';
import type { Model } from './model.js';
import { readVocabulary } from './vocabulary.js';

/** Each piece is a token, or unknown. */
export function wordLevel(fields: Fields): Model {
  const vocabulary = readVocabulary(fields);
  const unknown = fields.text('unk_token');
  return {
    vocabulary,
    encode: (piece) => [vocabulary.get(piece) ?? unknownId(fields, vocabulary, unknown)],
  };
}

/** Each piece is divided from its start into the longest tokens there are, or is unknown as a whole. */
export function wordPiece(fields: Fields): Model {
  const vocabulary = readVocabulary(fields);
  const unknown = fields.text('unk_token', '[UNK]');
  const prefix = fields.text('continuing_subword_prefix', '##');
  const most = fields.count('max_input_chars_per_word', 100);
  return {
    vocabulary,
    encode(piece) {
      const letters = [...piece];
      const ids: number[] = [];
      for (let start = 0; start < letters.length && letters.length <= most; ) {
        let end = letters.length;
        let id: number | undefined;
        for (; end > start; end--) {
          id = vocabulary.get((start > 0 ? prefix : '') + letters.slice(start, end).join(''));
          if (id !== undefined) break;
        }
        if (id === undefined) return [unknownId(fields, vocabulary, unknown)];
        ids.push(id);
        start = end;
      }
      return letters.length <= most ? ids : [unknownId(fields, vocabulary, unknown)];
    },
  };
}
