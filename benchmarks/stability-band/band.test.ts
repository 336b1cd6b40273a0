import { describe, expect, it } from 'vitest';
import { bandWidth } from './band.js';

const RATES = [0.001, 0.01, 0.1, 1];

describe('the width of a band', () => {
  it('ends where the straight line crosses the threshold', () => {
    expect(bandWidth(RATES, [3, 1, 1, 3], 2)).toBeCloseTo(2);
    expect(bandWidth(RATES, [2, 1, 4, 4], 2)).toBeCloseTo(1 + 1 / 3);
  });
  it('does not reach beyond the sweep, nor into what diverged', () => {
    expect(bandWidth(RATES, [1, 1, 1, 1], 2)).toBeCloseTo(3);
    expect(bandWidth(RATES, [1, 1, null, null], 2)).toBeCloseTo(1);
    expect(bandWidth(RATES, [null, 1, null, 1], 2)).toBe(0);
  });
  it('is that of the longest stretch, and 0 without one', () => {
    expect(bandWidth(RATES, [1, 3, 1, 1], 2)).toBeCloseTo(1.5);
    expect(bandWidth(RATES, [3, 3, 3, 3], 2)).toBe(0);
  });
});
