import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EpochOrder } from './epoch-order.js';

const epochOf = (size: number, seed: number, epoch: number) => {
  const order = new EpochOrder(size, seed);
  return Array.from({ length: size }, (_, i) => order.rowAt(epoch * size + i));
};

describe('EpochOrder', () => {
  it('takes every row once an epoch, and gives the same wherever one begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (size, seed, epoch) => {
          const rows = epochOf(size, seed, epoch);
          expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
          expect(new EpochOrder(size, seed).rowAt(epoch * size + size - 1)).toBe(rows[size - 1]);
        },
      ),
    );
  });

  it('differs from epoch to epoch and from seed to seed, also where one is one more and the other one less', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++)
      for (let epoch = 0; epoch < 40; epoch++) seen.add(String(epochOf(20, seed, epoch)));
    expect(seen.size).toBe(1600);
  });
});
