import { finishRows } from './epilogue';
import { multiply } from './multiply';

/**
 * Matrix products C = act(A B + bias), one for each matrix of a batch.
 *
 *     C [batch, m, n]     A [m, k], or [k, m] if transposed     B [k, n], or [n, k] if transposed
 *
 * @param aStep, bStep Bytes from one matrix of the batch to the next; 0 repeats a single one.
 * @param bias `n` numbers, or 0 for none.
 * @param activation See epilogue.ts.
 * @param slopes The numbers of `prelu`, `slopeCount` (1 or n) of them.
 */
export function gemm(
  scratch: usize,
  batch: usize,
  m: usize,
  n: usize,
  k: usize,
  a: usize,
  transposeA: bool,
  aStep: usize,
  b: usize,
  transposeB: bool,
  bStep: usize,
  c: usize,
  bias: usize,
  activation: i32,
  alpha: f32,
  slopes: usize,
  slopeCount: usize,
): void {
  if (!transposeA && bStep === 0 && aStep === m * k * 4) {
    m *= batch; // one tall product: B is packed once
    batch = 1;
  }
  for (; batch > 0; batch--, a += aStep, b += bStep, c += m * n * 4) {
    multiply(scratch, m, n, k, a, transposeA, b, transposeB, c, false);
    finishRows(c, m, n, bias, activation, alpha, slopes, slopeCount);
  }
}
