import { FEW, multiplyFewRows } from './few-rows';
import { product } from './host';
import { COLS, FEW_ROWS, multiply4x8, multiply6x8, ROWS } from './micro-kernel';
import { packColumns, packRows } from './pack';

/** Rows of A packed at a time: with K_BLOCK, 96 KiB, which stays in the second-level cache. */
const M_BLOCK: usize = 96;
/** Inner indices at a time: 8 packed columns of that length, 8 KiB, stay in the first-level cache. */
const K_BLOCK: usize = 256;
/** Columns of B packed at a time. */
const N_BLOCK: usize = 1024;
/** Products with fewer multiplications are done before another library would have begun. */
const HOST_WORK: u64 = 4096;
/** A block of C at an edge is computed here, whole, and copied out in part. */
const TILE_BYTES: usize = ROWS * COLS * 4;
const PACKED_A_BYTES: usize = M_BLOCK * K_BLOCK * 4;
const PACKED_B_BYTES: usize = K_BLOCK * N_BLOCK * 4;

/** Bytes of scratch memory that {@link multiply} needs. */
export function gemmScratchBytes(): usize {
  return TILE_BYTES + PACKED_A_BYTES + PACKED_B_BYTES;
}

/**
 * A product of two matrices, C = A B or C += A B.
 *
 *     C [m, n]     A [m, k], or [k, m] if transposed     B [k, n], or [n, k] if transposed
 *
 * Blocks of A and B are copied into panels so that the innermost loop reads memory in order,
 * whatever the transposition (Goto & van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", 2008).
 *
 * @param lower Leave out what lies above the diagonal, up to whole blocks: for symmetric C.
 */
export function multiply(
  scratch: usize,
  m: usize,
  n: usize,
  k: usize,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  c: usize,
  accumulate: bool,
  lower: bool = false,
): void {
  if (<u64>m * n * k >= HOST_WORK) {
    if (product(m, n, k, a, transposeA, b, transposeB, c, accumulate, lower)) return;
  }
  const packedA = scratch + TILE_BYTES;
  const packedB = packedA + PACKED_A_BYTES;
  const rowStepA: usize = transposeA ? 4 : k * 4;
  const innerStepA: usize = transposeA ? m * 4 : 4;
  const colStepB: usize = transposeB ? k * 4 : 4;
  const innerStepB: usize = transposeB ? 4 : n * 4;
  if (!accumulate && m <= FEW && (!transposeB || innerStepA === 4)) {
    multiplyFewRows(m, n, k, a, rowStepA, innerStepA, b, transposeB, c);
    return;
  }
  if (!accumulate && n === 1) {
    multiplyFewRows(1, m, k, b, 4, 4, a, !transposeA, c); // Cᵀ = Bᵀ Aᵀ: one row
    return;
  }
  const ldc = n * 4;
  const kBlock = evenShare(k, K_BLOCK);
  if (k === 0 && !accumulate) memory.fill(c, 0, m * ldc);

  for (let j: usize = 0; j < n; j += N_BLOCK) {
    const cols = min(n - j, N_BLOCK);
    for (let p: usize = 0; p < k; p += kBlock) {
      const inner = min(k - p, kBlock);
      packColumns(b + j * colStepB + p * innerStepB, packedB, cols, inner, colStepB, innerStepB);
      for (let i: usize = 0; i < m; i += M_BLOCK) {
        const rows = min(m - i, M_BLOCK);
        packRows(a + i * rowStepA + p * innerStepA, packedA, rows, inner, rowStepA, innerStepA);
        multiplyBlock(
          scratch,
          packedA,
          packedB,
          c + i * ldc + j * 4,
          rows,
          cols,
          inner,
          ldc,
          accumulate || p > 0,
          lower ? <isize>i - <isize>j : isize.MAX_VALUE,
        );
      }
    }
  }
}

/** Splits `size` into as few parts of at most `limit` as it takes, of about the same size. */
function evenShare(size: usize, limit: usize): usize {
  const parts = (size + limit - 1) / limit;
  return parts === 0 ? limit : ((size + parts - 1) / parts + 3) & ~3;
}

/**
 * A packed block of A times a packed block of B.
 *
 * @param diagonal The block's first row minus its first column: tiles with all entries above that diagonal are left out.
 */
function multiplyBlock(
  tile: usize,
  packedA: usize,
  packedB: usize,
  c: usize,
  rows: usize,
  cols: usize,
  k: usize,
  ldc: usize,
  accumulate: bool,
  diagonal: isize,
): void {
  for (let j: usize = 0; j < cols; j += COLS, packedB += k * COLS * 4) {
    const width = min(cols - j, COLS);
    let panel = packedA;
    for (let i: usize = 0; i < rows; i += ROWS, panel += k * ROWS * 4) {
      const height = min(rows - i, ROWS);
      if (<isize>j - <isize>(i + height) >= diagonal) continue;
      const few = height <= FEW_ROWS;
      const target = c + i * ldc + j * 4;
      if (width === COLS && (height === ROWS || height === FEW_ROWS)) {
        if (few) multiply4x8(k, panel, packedB, target, ldc, accumulate);
        else multiply6x8(k, panel, packedB, target, ldc, accumulate);
      } else {
        if (few) multiply4x8(k, panel, packedB, tile, COLS * 4, false);
        else multiply6x8(k, panel, packedB, tile, COLS * 4, false);
        copyTile(tile, target, height, width, ldc, accumulate);
      }
    }
  }
}

/** Copies, or adds, the part of an edge block that lies inside the matrix. */
function copyTile(tile: usize, c: usize, rows: usize, cols: usize, ldc: usize, accumulate: bool): void {
  for (; rows > 0; rows--, tile += COLS * 4, c += ldc) {
    for (let j: usize = 0; j < cols * 4; j += 4) {
      const x = load<f32>(tile + j);
      store<f32>(c + j, accumulate ? load<f32>(c + j) + x : x);
    }
  }
}
