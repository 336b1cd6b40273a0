import { copyBytes } from './bytes';
import { transpose4x4 } from './transpose-4x4';

/**
 * Copies a strided view into contiguous memory: tiles, broadcasts, reverses, transposes.
 *
 * @param size Bytes of an element, 1 or 4.
 * @param shape, steps Sizes of the axes of the result, and bytes from one index to the next in the
 *   source (int32 each, the last axis first). A step may be 0 or negative.
 * @returns The end of what it wrote.
 */
export function copyStrided(x: usize, y: usize, size: i32, rank: i32, shape: usize, steps: usize): usize {
  const at: usize = (rank - 1) * 4;
  const count = load<i32>(shape + at);
  const step = load<i32>(steps + at);
  if (rank === 1) return copyRow(x, y, size, count, step);
  if (step === 0 && count > 0) {
    // The same again and again: read the first copy, which is contiguous.
    const end = copyStrided(x, y, size, rank - 1, shape, steps);
    const bytes = end - y;
    for (let i = 1; i < count; i++) copyBytes(y + i * bytes, y, bytes);
    return y + count * bytes;
  }
  for (let i = 0; i < count; i++, x += step) y = copyStrided(x, y, size, rank - 1, shape, steps);
  return y;
}

function copyRow(x: usize, y: usize, size: i32, count: i32, step: i32): usize {
  const end = y + size * count;
  if (step === size) {
    copyBytes(y, x, end - y);
  } else if (size === 4) {
    if (step === 0) for (const v = v128.load_splat<u32>(x); y + 16 <= end; y += 16) v128.store(y, v);
    for (; y < end; y += 4, x += step) store<u32>(y, load<u32>(x));
  } else {
    for (; y < end; y++, x += step) store<u8>(y, load<u8>(x));
  }
  return end;
}

/** Columns handled together: their rows in the result fit into the first-level cache. */
const STRIP: usize = 64;

/**
 * Swaps two axes of a tensor of 4-byte elements: rows, whose elements lie `rowStep` apart in x, and
 * columns, which are contiguous in x.
 *
 *     y[..., column, ..., row] = x[..., row, ..., column]
 *
 * @param columnStep Bytes from one column to the next in y, where rows are contiguous.
 * @param rank, shape, xSteps, ySteps The axes around them, as in {@link copyStrided}; rank may be 0.
 */
export function swapAxes(
  x: usize,
  y: usize,
  rows: usize,
  columns: usize,
  rowStep: usize,
  columnStep: usize,
  rank: i32,
  shape: usize,
  xSteps: usize,
  ySteps: usize,
): void {
  if (rank > 0) {
    const at: usize = (rank - 1) * 4;
    const count = load<i32>(shape + at);
    const xStep = load<i32>(xSteps + at);
    const yStep = load<i32>(ySteps + at);
    for (let i = 0; i < count; i++, x += xStep, y += yStep) {
      swapAxes(x, y, rows, columns, rowStep, columnStep, rank - 1, shape, xSteps, ySteps);
    }
    return;
  }
  for (let first: usize = 0; first < columns; first += STRIP) {
    swapStrip(x + first * 4, y + first * columnStep, rows, min(STRIP, columns - first), rowStep, columnStep);
  }
}

function swapStrip(x: usize, y: usize, rows: usize, columns: usize, rowStep: usize, columnStep: usize): void {
  for (; rows >= 4; rows -= 4, x += 4 * rowStep, y += 16) {
    let column: usize = 0;
    for (; column + 4 <= columns; column += 4) {
      transpose4x4(x + column * 4, rowStep, y + column * columnStep, columnStep);
    }
    for (; column < columns; column++) {
      for (let row: usize = 0; row < 4; row++) {
        store<u32>(y + column * columnStep + row * 4, load<u32>(x + column * 4 + row * rowStep));
      }
    }
  }
  for (; rows > 0; rows--, x += rowStep, y += 4) {
    for (let column: usize = 0; column < columns; column++) {
      store<u32>(y + column * columnStep, load<u32>(x + column * 4));
    }
  }
}
