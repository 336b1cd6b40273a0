import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytePairMerge } from './byte-pair-merge.js';

/** The definition: search all neighbours for the lowest rank, merge, repeat. */
function slowMerge(word: string, ranks: ReadonlyMap<string, number>): number[] {
  const parts = [...word];
  for (;;) {
    let best = -1;
    const rank = (i: number) => ranks.get(parts[i] + parts[i + 1]) ?? Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      if (rank(i) < Infinity && (best < 0 || rank(i) < rank(best))) best = i;
    }
    if (best < 0) return parts.map((part) => ranks.get(part)!);
    parts.splice(best, 2, parts[best] + parts[best + 1]);
  }
}

describe('bytePairMerge', () => {
  it('merges the lowest rank first, the leftmost of equals', () => {
    const ranks = new Map([...'abc', 'bc', 'ab', 'aa'].map((token, id) => [token, id]));
    expect(bytePairMerge('abc', ranks)).toEqual([0, 3]);
    expect(bytePairMerge('aaa', ranks)).toEqual([5, 0]);
    expect(bytePairMerge('', ranks)).toEqual([]);
  });

  it('agrees with its definition on random words and vocabularies', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 30 });
    const vocabulary = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 5 }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(word, vocabulary, (word, tokens) => {
        const ranks = new Map([...new Set(['a', 'b', 'c', ...tokens])].map((token, id) => [token, id]));
        expect(bytePairMerge(word, ranks)).toEqual(slowMerge(word, ranks));
      }),
      { numRuns: 500 },
    );
  });
});
