import type * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Passes |actual − expected| ≤ atol + rtol · |expected|. */
export interface Tolerance {
  rtol: number;
  atol: number;
}

type Values = tf.Tensor | number | ArrayLike<number>;

/**
 * Expects each value to lie within `tolerance` of the expected one. NaN matches NaN, and infinities
 * match themselves. A plain number is an absolute tolerance.
 */
export function expectClose(actual: Values, expected: Values, tolerance: number | Tolerance = 1e-5): void {
  const { rtol, atol } = typeof tolerance === 'number' ? { rtol: 0, atol: tolerance } : tolerance;
  const [got, wanted] = [toArray(actual), toArray(expected)];
  expect(got.length, 'number of values').toBe(wanted.length);
  const misses = wanted.flatMap((want, i) => {
    if (Object.is(got[i], want) || got[i] === want) return [];
    if (Math.abs(got[i] - want) <= atol + rtol * Math.abs(want)) return [];
    return `[${i}]: ${got[i]}, expected ${want}`;
  });
  expect(misses, `values outside rtol ${rtol}, atol ${atol}`).toEqual([]);
}

function toArray(values: Values): number[] {
  if (typeof values === 'number') return [values];
  return Array.from('dataSync' in values ? (values.dataSync() as ArrayLike<number>) : values);
}
