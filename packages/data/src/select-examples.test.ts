import { modularArithmetic, selectExamples } from '@evenkeel/data';
import { describe, expect, it } from 'vitest';

const pairs = modularArithmetic({ modulus: 3, operation: 'subtract' });

describe('selectExamples', () => {
  it('takes rows in the order asked for, also twice', () => {
    expect(selectExamples(pairs, [7, 0, 7])).toEqual({
      ...pairs,
      inputs: Int32Array.of(2, 1, 0, 0, 2, 1),
      labels: Int32Array.of(1, 0, 1),
      size: 3,
    });
  });

  it('takes any list of numbers', () => {
    expect(selectExamples(pairs, Uint8Array.of(5))).toEqual(selectExamples(pairs, [5]));
  });

  it.each([9, -1, 0.5, Number.NaN])('refuses row %s of 9', (row) => {
    expect(() => selectExamples(pairs, [0, row])).toThrow(
      `selectExamples: indices[1] is ${row}, expected a whole number from 0 to 8. Count rows from 0.`,
    );
  });

  it('refuses to take nothing, or something that is no list', () => {
    expect(() => selectExamples(pairs, [])).toThrow(
      'selectExamples: indices.length is 0, expected a whole number from 1 to 16777216. Try [0, 1].',
    );
    expect(() => selectExamples(pairs, 3 as unknown as number[])).toThrow(
      'selectExamples: indices is 3, expected a list of rows. Try [0, 1].',
    );
    expect(() => selectExamples(pairs, {} as number[])).toThrow('indices.length is undefined');
  });
});
