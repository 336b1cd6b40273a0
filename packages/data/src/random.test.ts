import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSource, shuffledIndices } from './random.js';

describe('randomSource', () => {
  it('is MT19937: the 10 000th word of seed 5489 is the one the C++ standard names', () => {
    const draw = randomSource(5489);
    const words = Array.from({ length: 10_000 }, () => draw(2 ** 32));
    expect(words[9999] ^ (1 << 31)).toBe(4123659995 | 0); // pure-rand moves the signed range up by 2³¹
  });

  it('draws every number below the limit equally often', () => {
    const [draw, counts] = [randomSource(1), new Array(3).fill(0)];
    for (let i = 0; i < 30_000; i++) counts[draw(3)]++;
    for (const count of counts)
      expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (2 / 9)));
  });
});

describe('shuffledIndices', () => {
  it('holds each index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.nat(), (count, seed) => {
        const order = shuffledIndices(count, randomSource(seed));
        expect(Array.from(order).sort((i, j) => i - j)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
  });

  it('gives all 6 orders of 3 indices equally often', () => {
    const [draw, counts] = [randomSource(2), new Map<string, number>()];
    for (let i = 0; i < 6000; i++) {
      const order = shuffledIndices(3, draw).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) {
      expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 * (5 / 36)));
    }
  });
});
