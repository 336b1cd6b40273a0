import { dropoutHash } from '@evenkeel/ops';
import { describe, expect, it } from 'vitest';

describe('dropoutHash', () => {
  it('stays what it is: kernels in other languages and saved seeds depend on it', () => {
    expect([0, 1, 2, 2 ** 32 - 1].map((n) => dropoutHash(n, 0))).toEqual([
      2856213345, 447804899, 2535635701, 541936563,
    ]);
    expect([0, 1, 2, 2 ** 32 - 1].map((n) => dropoutHash(n, 2 ** 32 - 1))).toEqual([
      1068819556, 1095805099, 2506352802, 1576856282,
    ]);
  });

  it('is even: chi-square of 256 buckets, of all bytes, for several seeds', () => {
    for (const seed of [0, 1, 2, 12345]) {
      for (const shift of [0, 8, 16, 24]) {
        const counts = new Array<number>(256).fill(0);
        const total = 2 ** 16;
        for (let n = 0; n < total; n++) counts[(dropoutHash(n, seed) >>> shift) & 255]++;
        const chiSquare = counts.reduce((sum, c) => sum + (c - total / 256) ** 2 / (total / 256), 0);
        expect(chiSquare).toBeLessThan(350); // 255 degrees of freedom: 1 in 30 000 above
      }
    }
  });

  it('does not repeat a neighbour or another seed: correlations of dropped entries stay near 0', () => {
    const total = 2 ** 16;
    const dropped = (n: number, seed: number) => (dropoutHash(n, seed) < 2 ** 31 ? 1 : -1);
    for (const [lag, otherSeed] of [
      [1, 7],
      [64, 7],
      [0, 8],
      [0, 2 ** 31 + 7],
    ]) {
      // biome-ignore format: pairs
      let sum = 0;
      for (let n = 0; n < total; n++) sum += dropped(n, 7) * dropped(n + lag, otherSeed);
      expect(Math.abs(sum) / Math.sqrt(total)).toBeLessThan(4);
    }
  });
});
