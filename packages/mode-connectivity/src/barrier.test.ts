import { describe, expect, it } from 'vitest';
import { barrier } from './index.js';

describe('barrier', () => {
  it.each([
    [[1, 3, 2], 1.5],
    [[1, 1, 1], 0],
    [[4, 1, 2], 1],
    [[1, Number.NaN, 1], Number.NaN],
    [Float32Array.of(1, 3, 2) as unknown as number[], 1.5],
  ])('of %s is %f', (errors, expected) => {
    expect(barrier(errors)).toBe(expected);
  });

  it('takes paths of any length', () => {
    const errors = Array.from({ length: 200_000 }, (_, i) => (i === 77 ? 5 : 1));
    expect(barrier(errors)).toBe(4);
  });

  it.each([
    [[1], 'barrier: got 1 errors, expected those of a path'],
    [undefined, 'barrier: errors is undefined, expected a list of numbers'],
    [5, 'barrier: errors is 5, expected a list of numbers'],
    ['12', "barrier: errors is '12', expected a list of numbers"],
    [[1, '2', 1], "barrier: errors has '2', expected numbers"],
    [[1, undefined, 1], 'barrier: errors has undefined, expected numbers'],
  ])('refuses %s', (errors, message) => {
    expect(() => barrier(errors as number[])).toThrow(message);
  });
});
