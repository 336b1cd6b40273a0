import { bytesOf } from './bpe.js';
import type { Fields } from './fields.js';
import type { Model } from './model.js';
import { MAX_ID } from './vocabulary.js';

/** How much less than the worst token what is unknown counts. */
const UNKNOWN_PENALTY = 10;

/** A piece becomes the tokens whose scores have the largest sum. (Viterbi) */
export function unigram(fields: Fields): Model {
  const list = fields.list('vocab');
  if (list.length === 0 || list.length > MAX_ID) throw fields.error('.vocab', list, `1 to ${MAX_ID} tokens`);
  const vocabulary = new Map<string, number>();
  const scores = list.map((entry, id) => {
    const [token, score] = Array.isArray(entry) ? entry : [];
    if (typeof token !== 'string' || typeof score !== 'number') {
      throw fields.error(`.vocab[${id}]`, entry, 'a token and its score');
    }
    if (vocabulary.has(token)) throw fields.error(`.vocab[${id}]`, token, 'a token that comes once');
    vocabulary.set(token, id);
    return score;
  });
  const unknown = fields.take('unk_id');
  if (
    unknown !== undefined &&
    !(Number.isInteger(unknown) && Number(unknown) >= 0 && Number(unknown) < list.length)
  ) {
    throw fields.error('.unk_id', unknown, `a token from 0 to ${list.length - 1}, or null`);
  }
  const fallsBack = fields.flag('byte_fallback', false);
  const longest = [...vocabulary.keys()].reduce((length, token) => Math.max(length, [...token].length), 0);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;

  /** The best way to write the letters up to each place: where its last token begins, and its id if it has one. */
  const bestPath = (letters: readonly string[]) => {
    const best = Array.from({ length: letters.length + 1 }, () => ({ score: -Infinity, from: 0, id: -1 }));
    best[0].score = 0;
    for (let from = 0; from < letters.length; from++) {
      const reach = (end: number, score: number, id: number) => {
        const sum = best[from].score + score;
        if (sum > best[end].score) best[end] = { score: sum, from, id };
      };
      let token = '';
      for (let end = from + 1; end <= Math.min(letters.length, from + longest); end++) {
        token += letters[end - 1];
        const id = vocabulary.get(token);
        if (id !== undefined) reach(end, scores[id], id);
      }
      if (!vocabulary.has(letters[from])) reach(from + 1, unknownScore, -1);
    }
    return best;
  };

  return {
    vocabulary,
    encode(piece) {
      const letters = [...piece];
      const best = bestPath(letters);
      const parts: { id: number; text: string }[] = [];
      for (let end = letters.length; end > 0; end = best[end].from) {
        const { from, id } = best[end];
        const text = letters.slice(from, end).join('');
        const after = parts.at(-1);
        // What is unknown is one token, however long.
        if (id < 0 && after?.id === -1) after.text = text + after.text;
        else parts.push({ id, text });
      }
      return parts.reverse().flatMap(({ id, text }) => {
        if (id >= 0) return [id];
        const bytes = fallsBack ? bytesOf(text, vocabulary) : undefined;
        if (bytes) return bytes;
        if (typeof unknown === 'number') return [unknown];
        throw fields.error('.unk_id', unknown, 'a token for what is unknown, which a text needs');
      });
    },
  };
}
