import { madd, sumLanes } from './lanes';

/** Up to here copying B into panels costs more than it saves: each number of B is used once per row. */
export const FEW: usize = 4;

/**
 * C = A B for at most {@link FEW} rows of A, without copying B: what a model computes that generates
 * one token at a time.
 *
 * @param rowStepA, innerStepA Bytes from one row, and one inner index, of A to the next. The latter
 *   must be 4 if B is transposed.
 */
export function multiplyFewRows(
  m: usize,
  n: usize,
  k: usize,
  a: usize,
  rowStepA: usize,
  innerStepA: usize,
  b: usize,
  transposeB: bool,
  c: usize,
): void {
  if (transposeB) {
    for (; m > 0; m--, a += rowStepA, c += n * 4) dotColumns(n, k, a, b, c);
    return;
  }
  const ldb = n * 4;
  memory.fill(c, 0, m * ldb);
  let p: usize = 0;
  for (; p + 4 <= k; p += 4, b += 4 * ldb) {
    for (let i: usize = 0; i < m; i++)
      addFourRows(n, a + i * rowStepA + p * innerStepA, innerStepA, b, c + i * ldb);
  }
  for (; p < k; p++, b += ldb) {
    for (let i: usize = 0; i < m; i++)
      addRow(n, load<f32>(a + i * rowStepA + p * innerStepA), b, c + i * ldb);
  }
}

/** c += a₀ b₀ + a₁ b₁ + a₂ b₂ + a₃ b₃, for four rows of B. */
function addFourRows(n: usize, a: usize, step: usize, b: usize, c: usize): void {
  const a0 = v128.load_splat<f32>(a);
  const a1 = v128.load_splat<f32>(a + step);
  const a2 = v128.load_splat<f32>(a + 2 * step);
  const a3 = v128.load_splat<f32>(a + 3 * step);
  let b1 = b + n * 4;
  let b2 = b1 + n * 4;
  let b3 = b2 + n * 4;
  const end = c + (n & ~3) * 4;
  for (; c < end; c += 16, b += 16, b1 += 16, b2 += 16, b3 += 16) {
    const left = madd(a1, v128.load(b1), madd(a0, v128.load(b), v128.load(c)));
    v128.store(c, madd(a3, v128.load(b3), madd(a2, v128.load(b2), left)));
  }
  for (n &= 3; n > 0; n--, c += 4, b += 4, b1 += 4, b2 += 4, b3 += 4) {
    const left = load<f32>(c) + load<f32>(a) * load<f32>(b) + load<f32>(a + step) * load<f32>(b1);
    store<f32>(c, left + load<f32>(a + 2 * step) * load<f32>(b2) + load<f32>(a + 3 * step) * load<f32>(b3));
  }
}

/** c += a b, for one row of B. */
function addRow(n: usize, a: f32, b: usize, c: usize): void {
  const a4 = f32x4.splat(a);
  for (; n >= 4; n -= 4, b += 16, c += 16) v128.store(c, madd(a4, v128.load(b), v128.load(c)));
  for (; n > 0; n--, b += 4, c += 4) store<f32>(c, load<f32>(c) + a * load<f32>(b));
}

/** c[j] = a · row j of B. */
function dotColumns(n: usize, k: usize, a: usize, b: usize, c: usize): void {
  const step = k * 4;
  const whole = (k & ~7) * 4;
  for (let j: usize = 0; j < n; j++, b += step, c += 4) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let i: usize = 0;
    for (; i < whole; i += 32) {
      s0 = madd(v128.load(a + i), v128.load(b + i), s0);
      s1 = madd(v128.load(a + i, 16), v128.load(b + i, 16), s1);
    }
    let sum = sumLanes(f32x4.add(s0, s1));
    for (; i < step; i += 4) sum += load<f32>(a + i) * load<f32>(b + i);
    store<f32>(c, sum);
  }
}
