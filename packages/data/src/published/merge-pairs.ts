import { MinHeap } from '../min-heap.js';

/** What two neighbours become, and which pairs come before this one. */
export interface PairMerge {
  readonly rank: number;
  readonly id: number;
}

/**
 * Merges neighbours again and again, those of the lowest rank first and the leftmost of equals, until none can be.
 *
 * O(n log n) by a heap of candidates, since words of 10⁵ characters exist.
 *
 * @param ids The tokens of the characters; changed by this function.
 * @param merges By the left and then by the right neighbour.
 */
export function mergePairs(
  ids: number[],
  merges: ReadonlyMap<number, ReadonlyMap<number, PairMerge>>,
): number[] {
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const isGone = new Uint8Array(ids.length);
  const heap = new MinHeap<Candidate>(isBefore);

  /** Makes a candidate of the token at `at` and the one after it. */
  const consider = (at: number) => {
    if (at < 0 || next[at] >= ids.length) return;
    const merge = merges.get(ids[at])?.get(ids[next[at]]);
    if (merge) heap.push({ ...merge, at });
  };
  for (let at = 0; at < ids.length; at++) consider(at);

  for (let merge = heap.pop(); merge; merge = heap.pop()) {
    const { at, id } = merge;
    const second = next[at];
    if (isGone[at] || second >= ids.length) continue;
    if (merges.get(ids[at])?.get(ids[second])?.id !== id) continue; // one of both has changed since
    ids[at] = id;
    isGone[second] = 1;
    next[at] = next[second];
    if (next[at] < ids.length) previous[next[at]] = at;
    consider(at);
    consider(previous[at]);
  }
  return ids.filter((_, at) => !isGone[at]);
}

interface Candidate extends PairMerge {
  readonly at: number;
}

const isBefore = (a: Candidate, b: Candidate) => a.rank < b.rank || (a.rank === b.rank && a.at < b.at);
