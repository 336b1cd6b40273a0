import { type FloatFormat, roundToFormat } from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/o1_float_formats.json' with { type: 'json' };

const FORMATS: FloatFormat[] = ['e4m3', 'e5m2', 'bf16'];
const NAMES = { e4m3fn: 'e4m3', e5m2: 'e5m2', bfloat16: 'bf16' } as const;

interface Rounding {
  name: string;
  inputs: { float32_bits: number[] };
  expected: { values: { data: (number | string)[] } };
}
/** Published tables of what each float32 becomes. */
const roundings = (fixture.cases as unknown as Rounding[]).flatMap(({ name, inputs, expected }) => {
  const format = NAMES[name.replace(/_(non_)?saturating$/, '') as keyof typeof NAMES];
  if (!format || !inputs.float32_bits) return [];
  const x = new Float32Array(new Uint32Array(inputs.float32_bits).buffer);
  return {
    name,
    format,
    saturate: name.endsWith('_saturating') && !name.includes('non'),
    x,
    expected: expected.values.data.map(Number),
  };
});

/** All numbers of a format that are ≥ 0, by its definition. */
function numbersOf(mantissaBits: number, minExponent: number, max: number): number[] {
  const subnormals = Array.from(
    { length: 2 ** mantissaBits },
    (_, i) => i * 2 ** (minExponent - mantissaBits),
  );
  const numbers = [...subnormals];
  for (let e = minExponent; 2 ** e <= max; e++) {
    for (let i = 0; i < 2 ** mantissaBits; i++) numbers.push((1 + i / 2 ** mantissaBits) * 2 ** e);
  }
  return numbers.filter((number) => number <= max);
}

describe('the fixture of roundToFormat', () => {
  it('has all three formats, saturating and not', () => {
    expect(roundings.map(({ name }) => name)).toEqual([
      'e4m3fn_non_saturating',
      'e4m3fn_saturating',
      'e5m2_non_saturating',
      'e5m2_saturating',
      'bfloat16',
    ]);
  });
});

describeOnBackends('roundToFormat', () => {
  it.each(roundings)('has every published value: $name', ({ format, saturate, x, expected }) => {
    const found = roundToFormat(tf.tensor1d(x), format, { saturate }).dataSync();
    const misses = expected.flatMap((value, i) =>
      Object.is(found[i], value) ? [] : `${x[i]}: ${found[i]}, not ${value}`,
    );
    expect(misses).toEqual([]);
  });

  it.each([
    { format: 'e4m3', mantissaBits: 3, minExponent: -6, max: 448 },
    { format: 'e5m2', mantissaBits: 2, minExponent: -14, max: 57344 },
    { format: 'bf16', mantissaBits: 7, minExponent: -126, max: 2 ** 127 * (2 - 2 ** -7) },
  ] as const)('keeps all numbers of $format, and sends ties between them to the even one', (limits) => {
    const numbers = numbersOf(limits.mantissaBits, limits.minExponent, limits.max);
    const x = tf.tensor1d(numbers);
    expect([...roundToFormat(x, limits.format).dataSync()]).toEqual(numbers);
    const ties = numbers.slice(1).map((number, i) => number / 2 + numbers[i] / 2);
    const even = ties.map((_, i) => numbers[i % 2 === 0 ? i : i + 1]);
    expect([...roundToFormat(tf.tensor1d(ties), limits.format).dataSync()]).toEqual(even);
    expect([...roundToFormat(tf.tensor1d(ties.map((tie) => -tie)), limits.format).dataSync()]).toEqual(
      even.map((number) => -number),
    );
  });

  it.each(FORMATS)('is the nearest number at every size: %s', (format) => {
    // Against bisection in a sorted list, from far below to far above the format.
    const limits = { e4m3: [3, -6, 448], e5m2: [2, -14, 57344], bf16: [7, -126, 2 ** 127 * (2 - 2 ** -7)] }[
      format
    ];
    const numbers = numbersOf(limits[0], limits[1], limits[2]);
    const x = Array.from({ length: 4000 }, (_, i) =>
      Math.fround(1.37 ** ((i - 2000) / 8) * (1 + ((i * 7919) % 997) / 997)),
    );
    const found = roundToFormat(tf.tensor1d(x), format, { saturate: true }).dataSync();
    x.forEach((value, i) => {
      let [low, high] = [0, numbers.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (numbers[middle] <= value) low = middle;
        else high = middle;
      }
      const best = Math.min(Math.abs(numbers[low] - value), Math.abs(numbers[high] - value));
      expect(Math.abs(found[i] - value)).toBe(best);
    });
  });

  it('passes the gradient straight through, except where a value saturated', () => {
    const x = tf.tensor1d([0.3, -1000, 447, 1e30]);
    const weights = tf.tensor1d([1, 2, 3, 4]);
    const gradient = (options: object) =>
      Array.from(
        tf
          .grad((x) => tf.sum(tf.mul(roundToFormat(x, 'e4m3', options), weights)))(x)
          .dataSync(),
      );
    expect(gradient({})).toEqual([1, 2, 3, 4]);
    expect(gradient({ saturate: true })).toEqual([1, 0, 3, 0]);
    expect(gradient({ gradient: 'zero' })).toEqual([0, 0, 0, 0]);
  });

  it('keeps shapes, also empty ones', () => {
    expect(roundToFormat(tf.ones([2, 0, 3]), 'bf16').shape).toEqual([2, 0, 3]);
    expect(roundToFormat(tf.scalar(0.3), 'e5m2').dataSync()[0]).toBe(0.3125);
    expect(roundToFormat(tf.ones([2, 3, 4, 5]), 'e4m3').shape).toEqual([2, 3, 4, 5]);
  });

  it('rejects other formats and dtypes', () => {
    expect(() => roundToFormat(tf.ones([1]), 'fp4' as FloatFormat)).toThrow(
      "format is 'fp4', expected one of e4m3",
    );
    expect(() => roundToFormat(tf.ones([1], 'int32'), 'bf16')).toThrow('dtype int32, expected float32');
  });
});
