import type { Fields } from './fields.js';

/** No published vocabulary has larger ids; lists are as long as the largest. */
export const MAX_ID = 2 ** 21;

/**
 * Reads a vocabulary of tokens and their ids.
 *
 * @throws If an id is none, is too large, or belongs to two tokens; if there is no token.
 */
export function readVocabulary(fields: Fields): Map<string, number> {
  const value = fields.take('vocab');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fields.error('.vocab', value, 'an object of tokens and their ids');
  }
  const tokens = new Map<string, number>();
  const owners = new Map<number, string>();
  for (const [token, id] of Object.entries(value)) {
    if (!isId(id)) throw fields.error(`.vocab['${token}']`, id, `an id from 0 to ${MAX_ID - 1}`);
    const owner = owners.get(id);
    if (owner !== undefined)
      throw fields.error(`.vocab['${token}']`, id, `another id than that of '${owner}'`);
    owners.set(id, token);
    tokens.set(token, id);
  }
  if (tokens.size === 0) throw fields.error('.vocab', value, 'at least one token');
  return tokens;
}

export const isId = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_ID;
