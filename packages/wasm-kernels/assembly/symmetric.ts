import { multiply } from './multiply';

/** Side of the square blocks that are mirrored at a time: two of them stay in the first-level cache. */
const BLOCK: usize = 32;

/**
 * Products that are known to be symmetric, such as X Xᵀ, at half the cost: what lies below the diagonal is computed
 * and copied to the other side.
 *
 *     C [batch, n, n]     A [n, k], or [k, n] if transposed     B [k, n], or [n, k] if transposed
 *
 * @param aStep, bStep Bytes from one matrix of the batch to the next.
 */
export function symmetricProduct(
  scratch: usize,
  batch: usize,
  n: usize,
  k: usize,
  a: usize,
  transposeA: bool,
  aStep: usize,
  b: usize,
  transposeB: bool,
  bStep: usize,
  c: usize,
): void {
  for (; batch > 0; batch--, a += aStep, b += bStep, c += n * n * 4) {
    multiply(scratch, n, n, k, a, transposeA, b, transposeB, c, false, true);
    mirror(c, n);
  }
}

/** Copies what lies below the diagonal to its place above. */
function mirror(c: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += BLOCK) {
    for (let j: usize = 0; j <= i; j += BLOCK) {
      const rowEnd = min(i + BLOCK, n);
      const colEnd = min(j + BLOCK, n);
      for (let row = i; row < rowEnd; row++) {
        const end = min(colEnd, row);
        for (let col = j; col < end; col++) {
          store<f32>(c + (col * n + row) * 4, load<f32>(c + (row * n + col) * 4));
        }
      }
    }
  }
}
