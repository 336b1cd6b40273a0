import type { Fields } from './fields.js';
import { compileOniguruma } from './regex.js';

/**
 * Reads a pattern, `{ "String": … }` or `{ "Regex": … }`.
 *
 * @throws If it is neither, or the regular expression has something that is not known here.
 */
export function readPattern(fields: Fields): RegExp {
  const pattern = fields.object('pattern');
  const text = pattern.take('String');
  const regex = pattern.take('Regex');
  pattern.end();
  if (typeof text === 'string' && regex === undefined) {
    if (text === '') throw pattern.error('.String', text, 'a text that is not empty');
    return literalPattern([text]);
  }
  if (typeof regex !== 'string' || text !== undefined) {
    throw pattern.error('', regex ?? text, "a text named 'String' or 'Regex'");
  }
  try {
    return compileOniguruma(regex);
  } catch (error) {
    throw pattern.error('.Regex', regex, `another one, since ${(error as Error).message}`);
  }
}

/** Finds any of some texts, at each place the longest. */
export function literalPattern(texts: readonly string[]): RegExp {
  const sorted = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'gu');
}
