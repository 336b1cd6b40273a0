import type { Multiply, Product } from '@evenkeel/wasm-kernels';

type Size = readonly [m: number, n: number, k: number];

/** Sizes compared entry by entry: around the registers of every processor, rows and columns of their own. */
const SMALL: readonly Size[] = [
  [5, 16, 128],
  [64, 64, 64],
  [8, 33, 40],
  [24, 31, 33],
  [24, 128, 32],
  [67, 70, 45],
  [129, 47, 65],
  [33, 300, 17],
  [300, 10, 20],
  [128, 100, 2],
  [1, 300, 129],
  [257, 1, 65],
];

/** Past the blocks that a BLAS divides matrices into, and enough work for all its threads. */
const LARGE: readonly Size[] = [
  [520, 390, 700],
  [1, 1100, 900],
  [1100, 1, 900],
];

/** Sides and inner sizes of symmetric products. */
const SYMMETRIC: readonly (readonly [n: number, k: number])[] = [
  [33, 40],
  [130, 65],
  [200, 200],
];

/** Numbers written behind C, which must stay. */
const GUARD = 64;
const SENTINEL = 12345;

/**
 * Multiplies random matrices and compares with sums in float64: all transpositions, sums added to what was there,
 * symmetric products, what lies in and behind the result before, and NaN.
 *
 * @returns What is wrong, in words; null if nothing is.
 */
export function whyWrong(multiply: Multiply): string | null {
  const bench = new Bench(multiply);
  for (const [transposeA, transposeB] of TRANSPOSITIONS) {
    for (const accumulate of [false, true]) {
      for (const [m, n, k] of SMALL) {
        const wrong = bench.compare({ m, n, k, transposeA, transposeB, accumulate });
        if (wrong) return wrong;
      }
    }
    for (const [m, n, k] of LARGE) {
      const wrong = bench.compareRows({ m, n, k, transposeA, transposeB, accumulate: false });
      if (wrong) return wrong;
    }
  }
  for (const [n, k] of SYMMETRIC) {
    for (const transposeA of [false, true]) {
      const wrong = bench.compareSymmetric(n, k, transposeA);
      if (wrong) return wrong;
    }
  }
  return bench.losesNaN();
}

const TRANSPOSITIONS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

type Case = Omit<Product, 'a' | 'b' | 'c' | 'lower'>;

/** Where results lie: behind the largest factors. */
const RESULT = 2 ** 20;

/** Two factors full of random numbers, and a result behind them. */
class Bench {
  private readonly memory = new WebAssembly.Memory({ initial: 128 });
  private readonly numbers = new Float32Array(this.memory.buffer);

  constructor(private readonly multiply: Multiply) {
    let state = 1;
    for (let i = 0; i < RESULT; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      this.numbers[i] = (state / 2 ** 32) * 2 - 1;
    }
  }

  compare(one: Case, more: Partial<Product> = {}): string | null {
    const { m, n, k, accumulate } = one;
    const { before, result } = this.run(one, more);
    const { a, b } = this.factors(one);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < (more.lower ? i + 1 : n); j++) {
        const sum = dot(k, a, i * k, b, j * k) + (accumulate ? before[i * n + j] : 0);
        const got = result[i * n + j];
        if (!(Math.abs(got - sum) <= tolerance(k))) return inWords(one, got, sum);
      }
    }
    return this.strayed(one);
  }

  /** C x against A (B x), for a random x: each entry of C counts, at the cost of reading it once. */
  compareRows(one: Case): string | null {
    const { m, n, k } = one;
    const { result } = this.run(one);
    const { a, b } = this.factors(one);
    const x = Float64Array.from({ length: n }, (_, j) => ((j * 7919) % 101) / 101 + 0.5);
    const bx = new Float64Array(k);
    for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) bx[p] += b[j * k + p] * x[j];
    for (let i = 0; i < m; i++) {
      const sum = dot(k, a, i * k, bx, 0);
      const got = dot(n, result, i * n, x, 0);
      if (!(Math.abs(got - sum) <= tolerance(k) * Math.sqrt(n))) return inWords(one, got, sum);
    }
    return this.strayed(one);
  }

  /** A Aᵀ, or Aᵀ A, twice: told that both factors are one, and with a copy of it. */
  compareSymmetric(n: number, k: number, transposeA: boolean): string | null {
    const one = { m: n, n, k, transposeA, transposeB: !transposeA, accumulate: false };
    this.numbers.copyWithin(n * k, 0, n * k);
    return this.compare(one, { b: 0, lower: true }) ?? this.compare(one, { lower: true });
  }

  /** NaN · 0 is NaN, where a library that passes over zeros has 0. */
  losesNaN(): string | null {
    for (const [m, n, k] of [
      [24, 40, 33],
      [1, 300, 129],
      [257, 1, 65],
    ]) {
      const one = { m, n, k, transposeA: false, transposeB: false, accumulate: false };
      const factors = this.numbers.slice(0, m * k + k * n);
      this.numbers.fill(0, 0, factors.length);
      this.numbers[k - 1] = Number.NaN;
      const { result } = this.run(one);
      this.numbers.set(factors);
      const [poisoned, others] = [result.slice(0, n), result.slice(n)];
      if (poisoned.some((x) => !Number.isNaN(x))) return 'it loses NaN that is multiplied by 0';
      if (others.some((x) => x !== 0)) return inWords(one, Number.NaN, 0);
    }
    return null;
  }

  /** Computes C: over NaN or, if it is added to, over random numbers; with numbers behind it that must stay. */
  private run(one: Case, more: Partial<Product> = {}) {
    const size = one.m * one.n;
    const result = this.numbers.subarray(RESULT, RESULT + size);
    if (one.accumulate) result.set(this.numbers.subarray(1, 1 + size));
    else result.fill(Number.NaN);
    const before = result.slice();
    this.guard(size).fill(SENTINEL);
    const product = { ...one, a: 0, b: one.m * one.k * 4, c: RESULT * 4, lower: false, ...more };
    if (!this.multiply(this.memory, product)) throw new Error(`${sizeInWords(one)} is left to the kernels`);
    return { before, result };
  }

  /** What lies behind a result. */
  private guard(size: number): Float32Array {
    return this.numbers.subarray(RESULT + size, RESULT + size + GUARD);
  }

  /** A row by row, and B column by column. */
  private factors({ m, n, k, transposeA, transposeB }: Case) {
    return {
      a: rowsOf(this.numbers.subarray(0, m * k), m, k, transposeA),
      b: rowsOf(this.numbers.subarray(m * k, m * k + k * n), n, k, !transposeB),
    };
  }

  private strayed(one: Case): string | null {
    const isWhole = this.guard(one.m * one.n).every((x) => x === SENTINEL);
    return isWhole ? null : `it writes past the end of a result of ${sizeInWords(one)}`;
  }
}

/** The rows, each of `length` numbers, of a matrix that holds them as columns if it is `transposed`. */
function rowsOf(x: Float32Array, rows: number, length: number, transposed: boolean): Float32Array {
  if (!transposed) return x;
  const y = new Float32Array(x.length);
  for (let p = 0; p < length; p++) for (let i = 0; i < rows; i++) y[i * length + p] = x[p * rows + i];
  return y;
}

type Numbers = Float32Array | Float64Array;

/** Σ x y over `count` numbers, from these places on. */
function dot(count: number, x: Numbers, xAt: number, y: Numbers, yAt: number): number {
  let sum = 0;
  for (let p = 0; p < count; p++) sum += x[xAt + p] * y[yAt + p];
  return sum;
}

/** Far above the rounding of float32 sums of k numbers below 1, far below any wrong number. */
const tolerance = (k: number) => k * 2 ** -21;

const sizeInWords = ({ m, n, k, transposeA, transposeB }: Case) =>
  `${m} × ${k} by ${k} × ${n}${transposeA ? ', the first transposed' : ''}${transposeB ? ', the second transposed' : ''}`;

const inWords = (one: Case, got: number, sum: number) =>
  `a product of ${sizeInWords(one)} has ${got} where ${sum} is right`;
