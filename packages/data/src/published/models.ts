import { bpe } from './bpe.js';
import { Fields } from './fields.js';
import type { Model } from './model.js';
import { unigram } from './unigram.js';
import { wordLevel, wordPiece } from './words.js';

/**
 * Reads `model`.
 *
 * @throws If it is of a kind, or has a setting, that is not honoured here, or its vocabulary is damaged.
 */
export function readModel(where: string, value: unknown): Model {
  const fields = new Fields(where, 'model', value);
  const model = ofType(fields, fields.text('type', guessType(value as Record<string, unknown>)));
  fields.end();
  return model;
}

function ofType(fields: Fields, type: string): Model {
  switch (type) {
    case 'BPE':
      return bpe(fields);
    case 'WordPiece':
      return wordPiece(fields);
    case 'WordLevel':
      return wordLevel(fields);
    case 'Unigram':
      return unigram(fields);
    default:
      throw fields.error('.type', type, 'BPE, WordPiece, WordLevel or Unigram');
  }
}

/** Older files do not name their kind. */
function guessType(value: Readonly<Record<string, unknown>>): string {
  if ('merges' in value) return 'BPE';
  if (Array.isArray(value.vocab)) return 'Unigram';
  return 'max_input_chars_per_word' in value || 'continuing_subword_prefix' in value
    ? 'WordPiece'
    : 'WordLevel';
}
