import { describe, expect, it } from 'vitest';
import { showBand, widestBand } from './band.js';

const RATES = [0.001, 0.01, 0.1, 1];
const band = (losses: (number | null)[]) => widestBand(RATES, losses, 2);

describe('a band of learning rates', () => {
  it('ends where the straight line crosses the threshold', () => {
    expect(band([3, 1, 1, 3]).decades).toBeCloseTo(2);
    expect(band([2, 1, 4, 4]).decades).toBeCloseTo(1 + 1 / 3);
  });
  it('does not reach beyond the sweep, nor into what diverged', () => {
    expect(band([1, 1, 1, 1]).decades).toBeCloseTo(3);
    expect(band([1, 1, null, null]).decades).toBeCloseTo(1);
    expect(band([null, 1, null, 1]).decades).toBe(0);
  });
  it('is that of the longest stretch, and 0 without one', () => {
    expect(band([1, 3, 1, 1]).decades).toBeCloseTo(1.5);
    expect(band([3, 3, 3, 3])).toEqual({ decades: 0, isOpen: false });
  });
  it('says whether the sweep cuts it off', () => {
    expect(
      [
        [1, 1, 3, 3],
        [3, 3, 1, 1],
        [3, 1, 1, 3],
        [3, 1, 1, null],
      ].map((losses) => band(losses).isOpen),
    ).toEqual([true, true, false, false]);
    expect(showBand(band([3, 3, 1, 1]))).toBe('≥ 1.5');
    expect(showBand(band([3, 1, 1, 3]))).toBe('2.0');
  });
});
