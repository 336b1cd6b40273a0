import { describe, expect, it } from 'vitest';
import { logarithmicTicks, rangeAround, suitsLogarithm } from './scale.js';

describe('the scale of a chart', () => {
  it('is logarithmic where values span more than a linear one shows', () => {
    expect(suitsLogarithm([4, 2.1, 1.9])).toBe(false);
    expect(suitsLogarithm([4, 1e-7])).toBe(true);
    expect(suitsLogarithm([4, 1e6, Number.NaN, Number.POSITIVE_INFINITY])).toBe(true);
    expect(suitsLogarithm([4, 0])).toBe(false);
    expect(suitsLogarithm([1e-7, -1, 4])).toBe(false);
    expect(suitsLogarithm([])).toBe(false);
    expect(suitsLogarithm(Array.from({ length: 300_000 }, (_, i) => i + 1))).toBe(true);
  });

  it('leaves room around all values, not below zero, and has one without any', () => {
    expect(rangeAround(1.5, 4, false)).toEqual([1.35, 4.15]);
    expect(rangeAround(0, 1, false)).toEqual([0, 1.06]);
    expect(rangeAround(-1, 1, false)).toEqual([-1.12, 1.12]);
    expect(rangeAround(2, 2, false)).toEqual([1.88, 2.12]);
    expect(rangeAround(1, 100, true)[0]).toBeLessThan(1);
    expect(rangeAround(1, 100, true)[1]).toBeGreaterThan(100);
    expect([rangeAround(null, null, false), rangeAround(null, null, true)]).toEqual([
      [0, 1],
      [1, 10],
    ]);
  });

  it('has a few lines at round numbers, however much it spans', () => {
    expect(logarithmicTicks(1.7, 4.4)).toEqual([2, 3, 4]);
    expect(logarithmicTicks(0.9, 30)).toEqual([1, 2, 5, 10, 20]);
    expect(logarithmicTicks(2.37e-7, 4)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
    expect(logarithmicTicks(3.7, 4e13)).toEqual([100, 1e4, 1e6, 1e8, 1e10, 1e12]);
    expect(logarithmicTicks(1e-300, 1e300).length).toBeLessThan(12);
  });
});
