import { expect, it } from 'vitest';
import { valueAt } from './series.js';

it('has at each step what was measured last', () => {
  const series = { steps: [1, 10, 20], values: [4, 3, 2] };
  expect([0, 1, 9, 10, 15, 20, 99].map((step) => valueAt(series, step))).toEqual([
    undefined,
    4,
    4,
    3,
    3,
    2,
    2,
  ]);
  expect(valueAt({ steps: [], values: [] }, 5)).toBeUndefined();
});
