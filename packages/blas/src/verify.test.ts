import type { Multiply, Product } from '@evenkeel/wasm-kernels';
import { expect, it } from 'vitest';
import { correct, matrices } from '../test/reference.js';
import { whyWrong } from './verify.js';

/** A BLAS that errs in the products that `when` picks: what `spoil` then does to the result. */
const erring =
  (
    when: (product: Product) => boolean,
    spoil: (memory: WebAssembly.Memory, product: Product) => void,
  ): Multiply =>
  (memory, product) => {
    correct(memory, product);
    if (when(product)) spoil(memory, product);
    return true;
  };

/** Changes one entry of C. */
const spoilEntry =
  (row: (m: number) => number, column: (n: number) => number, by: number) =>
  (memory: WebAssembly.Memory, product: Product) => {
    const { numbers, c } = matrices(memory, product);
    numbers[c(row(product.m), column(product.n))] += by;
  };
const last = (size: number) => size - 1;
const middle = (size: number) => size >> 1;

const always = () => true;

it('finds nothing wrong with products that are right', () => {
  expect(whyWrong(correct)).toBe(null);
});

it.each<[what: string, multiply: Multiply, reason: RegExp]>([
  ['one entry', erring(always, spoilEntry(middle, middle, 0.01)), /has -?[\d.]+ where -?[\d.]+ is right/],
  ['the last entry of odd sizes', erring(({ n }) => n % 2 === 1, spoilEntry(last, last, 0.01)), /is right/],
  [
    'only transposed products',
    erring(({ transposeA, transposeB }) => transposeA && transposeB, spoilEntry(middle, last, 0.1)),
    /the first transposed, the second transposed has/,
  ],
  [
    'only large products',
    erring(({ m, n, k }) => m * n * k > 1e8, spoilEntry(last, middle, 0.1)),
    /520 × 700 by 700 × 390/,
  ],
  [
    'only many rows by a vector',
    erring(({ m, n }) => m > 1000 && n === 1, spoilEntry(last, middle, 0.1)),
    /1100 × 900/,
  ],
  [
    'only a row by a matrix',
    erring(({ m, transposeB }) => m === 1 && transposeB, spoilEntry(last, middle, 0.1)),
    /1 × 129/,
  ],
  ['only symmetric products', erring(({ lower }) => lower, spoilEntry(last, middle, 0.1)), /is right/],
  [
    'only sums added to what was there',
    (memory, product) => correct(memory, { ...product, accumulate: false }),
    /is right/,
  ],
  [
    'the wrong factor transposed',
    (memory, product) =>
      correct(memory, { ...product, transposeA: product.transposeB, transposeB: product.transposeA }),
    /is right/,
  ],
])('finds %s wrong', (_, multiply, reason) => {
  expect(whyWrong(multiply)).toMatch(reason);
});

it('finds numbers that it should not have read', () => {
  // 0 · C with a C that holds NaN, as some libraries do it.
  const multiply: Multiply = (memory, product) => {
    const { numbers, c } = matrices(memory, product);
    const before = product.accumulate ? 0 : numbers[c(0, 0)] * 0;
    correct(memory, product);
    numbers[c(0, 0)] += before;
    return true;
  };
  expect(whyWrong(multiply)).toMatch('has NaN where');
});

it('finds numbers written past the end', () => {
  const multiply = erring(
    ({ m }) => m === 67,
    (memory, product) => {
      const { numbers, c } = matrices(memory, product);
      numbers[c(product.m, 1)] = 0;
    },
  );
  expect(whyWrong(multiply)).toMatch('it writes past the end of a result of 67 × 45 by 45 × 70');
});

it('finds NaN that was lost', () => {
  const multiply: Multiply = (memory, product) => {
    correct(memory, product);
    const { numbers, c } = matrices(memory, product);
    for (let i = c(0, 0); i < c(product.m, 0); i++) if (Number.isNaN(numbers[i])) numbers[i] = 0;
    return true;
  };
  expect(whyWrong(multiply)).toBe('it loses NaN that is multiplied by 0');
});

it('finds factors that were rounded to fewer digits', () => {
  const multiply: Multiply = (memory, product) => {
    // bfloat16, as processors with instructions for matrices offer it
    const bits = new Uint32Array(memory.buffer);
    const whole = bits.slice();
    for (let i = 0; i < product.c / 4; i++) bits[i] &= 0xffff0000;
    correct(memory, product);
    bits.set(whole.subarray(0, product.c / 4));
    return true;
  };
  expect(whyWrong(multiply)).toMatch('is right');
});
