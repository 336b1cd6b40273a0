import { MinHeap } from './min-heap.js';

/**
 * Byte-pair encoding of one word: again and again merges the neighbours whose union has the lowest rank, the leftmost
 * of equals first, until no union is in the vocabulary.
 *
 * O(n log n) by a heap of candidate merges, where the usual search for the lowest is O(n²): words of 10⁵ characters exist.
 *
 * @param word Bytes as characters U+0000 … U+00FF.
 * @param ranks Token by bytes, in the same form; has every single byte.
 */
export function bytePairMerge(word: string, ranks: ReadonlyMap<string, number>): number[] {
  const length = word.length;
  const end = Int32Array.from({ length }, (_, i) => i + 1); // of the part that starts at i; 0 once it is merged away
  const previous = Int32Array.from({ length }, (_, i) => i - 1); // where the part before the one at i starts
  const heap = new MinHeap<Merge>(isBefore);

  /** Makes a candidate of the part at `start` and the one after it. */
  const consider = (start: number) => {
    if (start < 0 || end[start] >= length) return;
    const unionEnd = end[end[start]];
    const rank = ranks.get(word.slice(start, unionEnd));
    if (rank !== undefined) heap.push({ rank, start, middle: end[start], end: unionEnd });
  };
  for (let i = 0; i < length; i++) consider(i);

  for (let merge = heap.pop(); merge; merge = heap.pop()) {
    const { start, middle } = merge;
    if (end[start] !== middle || end[middle] !== merge.end) continue; // a part has changed since
    end[start] = merge.end;
    end[middle] = 0;
    if (merge.end < length) previous[merge.end] = start;
    consider(start);
    consider(previous[start]);
  }

  const tokens: number[] = [];
  for (let i = 0; i < length; i = end[i]) tokens.push(ranks.get(word.slice(i, end[i]))!);
  return tokens;
}

interface Merge {
  readonly rank: number;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

const isBefore = (a: Merge, b: Merge) => a.rank < b.rank || (a.rank === b.rank && a.start < b.start);
