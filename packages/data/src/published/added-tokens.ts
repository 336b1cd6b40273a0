import { Fields } from './fields.js';
import { literalPattern } from './pattern.js';
import { isId, MAX_ID } from './vocabulary.js';

/** A token that is found in a text before all else. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Only where no word goes on at either side. */
  readonly singleWord: boolean;
  /** Takes the white space before it. */
  readonly lstrip: boolean;
  /** Takes the white space behind it. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text, by its own normalized content. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/**
 * Reads `added_tokens`.
 *
 * @param vocabulary Of the model, which may have some of them.
 * @throws If one is damaged, or its id is that of another token.
 */
export function readAddedTokens(
  where: string,
  value: unknown,
  vocabulary: ReadonlyMap<string, number>,
): readonly AddedToken[] {
  const list = value ?? [];
  const root = new Fields(where, 'added_tokens', {});
  if (!Array.isArray(list)) throw root.error('', value, 'a list');
  const owners = new Map(Array.from(vocabulary, ([token, id]) => [id, token]));
  return list.map((item: unknown, i) => {
    const fields = new Fields(where, `added_tokens[${i}]`, item);
    const id = fields.take('id');
    if (!isId(id)) throw fields.error('.id', id, `an id from 0 to ${MAX_ID - 1}`);
    const content = fields.text('content');
    const [owner, known] = [owners.get(id), vocabulary.get(content)];
    if ((owner !== undefined && owner !== content) || (known !== undefined && known !== id)) {
      throw fields.error(
        '.id',
        id,
        known === undefined ? `another than that of '${owner}'` : `${known} as in the vocabulary`,
      );
    }
    owners.set(id, content);
    const special = fields.flag('special', false);
    const token = {
      ...{ id, content, special, singleWord: fields.flag('single_word', false) },
      ...{ lstrip: fields.flag('lstrip', false), rstrip: fields.flag('rstrip', false) },
      normalized: fields.flag('normalized', !special),
    };
    fields.end();
    return token;
  });
}

/** A token that has been found, or text between such. */
export type Section = { readonly id: number } | { readonly text: string; readonly isFirst: boolean };

/** Finds tokens in a text, at each place the longest. */
export function tokenFinder(
  tokens: readonly AddedToken[],
  contentOf: (token: AddedToken) => string,
): (text: string, isFirst: boolean) => readonly Section[] {
  const byContent = new Map(tokens.map((token) => [contentOf(token), token]));
  byContent.delete('');
  if (byContent.size === 0) return (text, isFirst) => [{ text, isFirst }];
  const pattern = literalPattern([...byContent.keys()]);
  return (text, isFirst) => {
    const sections: Section[] = [];
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0])!;
      let [start, end] = [match.index, match.index + match[0].length];
      if (
        token.singleWord &&
        (ENDS_IN_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
          BEGINS_WITH_WORD.test(text.slice(end, end + 2)))
      ) {
        continue;
      }
      while (token.lstrip && start > at && SPACE.test(text[start - 1])) start--;
      while (token.rstrip && end < text.length && SPACE.test(text[end])) end++;
      if (start > at) sections.push({ text: text.slice(at, start), isFirst: isFirst && at === 0 });
      sections.push({ id: token.id });
      at = end;
    }
    if (at < text.length) sections.push({ text: text.slice(at), isFirst: isFirst && at === 0 });
    return sections;
  };
}

const ENDS_IN_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const BEGINS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /^\p{White_Space}$/u;
