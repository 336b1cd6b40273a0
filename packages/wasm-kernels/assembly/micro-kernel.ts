import { madd, storePair } from './lanes';

/**
 * Rows and columns of the block of C that stays in registers. Without a fused multiply-add each
 * product takes a register of its own, and six rows no longer fit into the 16 of x86.
 */
export const ROWS: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
export const COLS: usize = 8;
/** Rows of the smaller block that finishes a matrix whose height is not a multiple of 6. */
export const FEW_ROWS: usize = 4;

/**
 * A 6×8 block of C = A B, or C += A B.
 *
 * Exported so that the optimiser keeps it a function of its own: engines compile hot functions
 * again, better, and this one is hot after the first product.
 *
 * @param k Inner size; may be 0.
 * @param a Packed rows: `k` times 6 numbers.
 * @param b Packed columns: `k` times 8 numbers.
 * @param ldc Bytes from one row of C to the next.
 */
export function multiply6x8(k: usize, a: usize, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  for (const end = a + k * 24; a < end; a += 24, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load_splat<f32>(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load_splat<f32>(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
  }
  storeRow(c, c00, c01, accumulate);
  storeRow((c += ldc), c10, c11, accumulate);
  storeRow((c += ldc), c20, c21, accumulate);
  storeRow((c += ldc), c30, c31, accumulate);
  storeRow((c += ldc), c40, c41, accumulate);
  storeRow((c += ldc), c50, c51, accumulate);
}

/** {@link multiply6x8} for 4 rows, with A packed as `k` times 4 numbers. */
export function multiply4x8(k: usize, a: usize, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (const end = a + k * 16; a < end; a += 16, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
  }
  storeRow(c, c00, c01, accumulate);
  storeRow((c += ldc), c10, c11, accumulate);
  storeRow((c += ldc), c20, c21, accumulate);
  storeRow((c += ldc), c30, c31, accumulate);
}

function storeRow(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) storePair(c, f32x4.add(v128.load(c), left), f32x4.add(v128.load(c, 16), right));
  else storePair(c, left, right);
}
