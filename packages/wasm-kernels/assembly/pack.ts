import { COLS, FEW_ROWS, ROWS } from './micro-kernel';
import { transpose4x4 } from './transpose-4x4';

/**
 * Copies a block of A into panels of rows, in the order in which the micro-kernel reads them.
 *
 *     panel p, inner index i, row r: A[6p + r, i]
 *
 * The last panel has 4 rows if that is enough. Rows past the end are zeros: their products land in
 * rows of C that nobody copies out.
 *
 * @param rows, k Size of the block.
 * @param rowStep, innerStep Bytes from one row, and one inner index, to the next. One of them is 4.
 */
export function packRows(
  source: usize,
  target: usize,
  rows: usize,
  k: usize,
  rowStep: usize,
  innerStep: usize,
): void {
  for (; rows >= ROWS; rows -= ROWS, source += ROWS * rowStep, target += k * ROWS * 4) {
    packPanel(source, target, ROWS, ROWS, k, rowStep, innerStep);
  }
  if (rows > 0) packPanel(source, target, rows > FEW_ROWS ? ROWS : FEW_ROWS, rows, k, rowStep, innerStep);
}

/** Copies a block of B into panels of 8 columns: panel p, inner index i, column c: B[i, 8p + c]. */
export function packColumns(
  source: usize,
  target: usize,
  cols: usize,
  k: usize,
  colStep: usize,
  innerStep: usize,
): void {
  for (; cols >= COLS; cols -= COLS, source += COLS * colStep, target += k * COLS * 4) {
    packPanel(source, target, COLS, COLS, k, colStep, innerStep);
  }
  if (cols > 0) packPanel(source, target, COLS, cols, k, colStep, innerStep);
}

/**
 * Packs `lanes` rows (or columns), of which `used` exist, into a panel `width` wide.
 *
 * Full groups of four lanes are moved by vectors, in either orientation; 6 = 4 + 2.
 */
function packPanel(
  source: usize,
  target: usize,
  width: usize,
  used: usize,
  k: usize,
  laneStep: usize,
  innerStep: usize,
): void {
  const step = width * 4;
  let lane: usize = 0;
  for (; lane + 4 <= used; lane += 4) {
    if (laneStep === 4) copyFour(source + lane * 4, target + lane * 4, k, innerStep, step);
    else transposeFour(source + lane * laneStep, target + lane * 4, k, laneStep, step);
  }
  if (lane + 2 <= used) {
    if (laneStep === 4) copyTwo(source + lane * 4, target + lane * 4, k, innerStep, step);
    else transposeTwo(source + lane * laneStep, target + lane * 4, k, laneStep, step);
    lane += 2;
  }
  for (; lane < used; lane++) copyOne(source + lane * laneStep, target + lane * 4, k, innerStep, step);
  for (; lane < width; lane++) clearOne(target + lane * 4, k, step);
}

/** Four neighbouring lanes lie side by side. */
function copyFour(source: usize, target: usize, k: usize, innerStep: usize, step: usize): void {
  for (; k >= 4; k -= 4) {
    v128.store(target, v128.load(source));
    v128.store((target += step), v128.load((source += innerStep)));
    v128.store((target += step), v128.load((source += innerStep)));
    v128.store((target += step), v128.load((source += innerStep)));
    target += step;
    source += innerStep;
  }
  for (; k > 0; k--, source += innerStep, target += step) v128.store(target, v128.load(source));
}

function copyTwo(source: usize, target: usize, k: usize, innerStep: usize, step: usize): void {
  for (; k > 0; k--, source += innerStep, target += step) store<u64>(target, load<u64>(source));
}

function copyOne(source: usize, target: usize, k: usize, innerStep: usize, step: usize): void {
  for (; k > 0; k--, source += innerStep, target += step) store<f32>(target, load<f32>(source));
}

function clearOne(target: usize, k: usize, step: usize): void {
  for (; k > 0; k--, target += step) store<f32>(target, 0);
}

/** Four neighbouring inner indices lie side by side: turn 4×4 blocks. */
function transposeFour(source: usize, target: usize, k: usize, laneStep: usize, step: usize): void {
  for (; k >= 4; k -= 4, source += 16, target += 4 * step) transpose4x4(source, laneStep, target, step);
  for (let lane: usize = 0; lane < 4; lane++)
    copyOne(source + lane * laneStep, target + lane * 4, k, 4, step);
}

function transposeTwo(source: usize, target: usize, k: usize, laneStep: usize, step: usize): void {
  for (; k >= 4; k -= 4, source += 16, target += 4 * step) {
    const first = v128.load(source);
    const second = v128.load(source + laneStep);
    const lo = v128.shuffle<f32>(first, second, 0, 4, 1, 5);
    const hi = v128.shuffle<f32>(first, second, 2, 6, 3, 7);
    v128.store_lane<u64>(target, lo, 0);
    v128.store_lane<u64>(target + step, lo, 1);
    v128.store_lane<u64>(target + 2 * step, hi, 0);
    v128.store_lane<u64>(target + 3 * step, hi, 1);
  }
  copyOne(source, target, k, 4, step);
  copyOne(source + laneStep, target + 4, k, 4, step);
}
