import { clearBytes, copyBytes } from './bytes';
import { finishRows } from './epilogue';
import { multiply } from './multiply';
import { Windows } from './windows';

/**
 * The gradient of a convolution with respect to its filter, as matrix products:
 *
 *     dw = Σ columnsᵀ dy          columns [windows, taps · channels], dy [windows, outChannels]
 *
 * A row of `columns` is the part of the image that one window sees, zeros where it sees past the edge.
 *
 * @param columns Memory for `chunk` rows: so many windows are copied at a time.
 */
export function convolutionFilterBackward(
  scratch: usize,
  windows: usize,
  columns: usize,
  chunk: usize,
  x: usize,
  dy: usize,
  dw: usize,
  outChannels: usize,
): void {
  const w = Windows.at(windows);
  const rows = rowCount(w);
  const width = rowWidth(w);
  if (rows === 0) memory.fill(dw, 0, width * outChannels * 4);
  if (isPointwise(w)) {
    multiply(scratch, width, outChannels, rows, x, true, dy, false, dw, false);
    return;
  }
  for (let first: usize = 0; first < rows; first += chunk, dy += chunk * outChannels * 4) {
    const count = min(chunk, rows - first);
    moveWindows(w, x, columns, first, count, false);
    multiply(scratch, width, outChannels, count, columns, true, dy, false, dw, first > 0);
  }
}

/**
 * The gradient of a convolution with respect to the image: columns = dy wᵀ, each of which is added to
 * the part of the image that its window saw.
 */
export function convolutionInputBackward(
  scratch: usize,
  windows: usize,
  columns: usize,
  chunk: usize,
  dy: usize,
  filter: usize,
  dx: usize,
  outChannels: usize,
): void {
  const w = Windows.at(windows);
  const rows = rowCount(w);
  const width = rowWidth(w);
  if (isPointwise(w)) {
    multiply(scratch, rows, width, outChannels, dy, false, filter, true, dx, false);
    return;
  }
  memory.fill(dx, 0, <usize>w.batch * w.height * w.width * w.channels * 4);
  for (let first: usize = 0; first < rows; first += chunk, dy += chunk * outChannels * 4) {
    const count = min(chunk, rows - first);
    multiply(scratch, count, width, outChannels, dy, false, filter, true, columns, false);
    moveWindows(w, dx, columns, first, count, true);
  }
}

/**
 * A convolution: y = act(columns w + bias), `chunk` windows at a time.
 *
 * @param bias, activation, alpha, slopes, slopeCount See epilogue.ts.
 */
export function convolution(
  scratch: usize,
  windows: usize,
  columns: usize,
  chunk: usize,
  x: usize,
  filter: usize,
  y: usize,
  outChannels: usize,
  bias: usize,
  activation: i32,
  alpha: f32,
  slopes: usize,
  slopeCount: usize,
): void {
  const w = Windows.at(windows);
  const rows = rowCount(w);
  const width = rowWidth(w);
  for (let first: usize = 0; first < rows; first += chunk) {
    const count = min(chunk, rows - first);
    const target = y + first * outChannels * 4;
    moveWindows(w, x, columns, first, count, false);
    multiply(scratch, count, outChannels, width, columns, false, filter, false, target, false);
  }
  finishRows(y, rows, outChannels, bias, activation, alpha, slopes, slopeCount);
}

function rowCount(w: Windows): usize {
  return <usize>w.batch * w.outHeight * w.outWidth;
}

function rowWidth(w: Windows): usize {
  return <usize>w.filterHeight * w.filterWidth * w.channels;
}

/** Whether each window sees one pixel of its own, so that the image is already the matrix of columns. */
function isPointwise(w: Windows): bool {
  const single = w.filterHeight === 1 && w.filterWidth === 1 && w.strideHeight === 1 && w.strideWidth === 1;
  return single && w.top === 0 && w.left === 0 && w.outHeight === w.height && w.outWidth === w.width;
}

/**
 * Copies what `count` windows see into rows of `columns`, or adds these rows to the image.
 *
 * @param first Number of the first window, over the batch.
 * @param back Whether to add to the image.
 */
function moveWindows(w: Windows, image: usize, columns: usize, first: usize, count: usize, back: bool): void {
  const pixel = w.channels * 4;
  const line = w.width * pixel;
  const row = <usize>(w.filterWidth * pixel);
  let q = <i32>first % w.outWidth;
  let p = (<i32>first / w.outWidth) % w.outHeight;
  let picture = image + (first / w.outWidth / w.outHeight) * w.height * line;
  for (; count > 0; count--) {
    const x = q * w.strideWidth - w.left;
    let y = p * w.strideHeight - w.top;
    for (let i = 0; i < w.filterHeight; i++, y += w.dilationHeight, columns += row) {
      if (y < 0 || y >= w.height) {
        if (!back) clearBytes(columns, row);
      } else if (w.dilationWidth === 1) {
        moveRun(picture + y * line, columns, x, w.filterWidth, w.width, pixel, back);
      } else {
        for (let j = 0; j < w.filterWidth; j++) {
          const at = x + j * w.dilationWidth;
          moveRun(picture + y * line, columns + j * pixel, at, 1, w.width, pixel, back);
        }
      }
    }
    if (++q < w.outWidth) continue;
    q = 0;
    if (++p < w.outHeight) continue;
    p = 0;
    picture += w.height * line;
  }
}

/** Moves `count` neighbouring pixels of a line, those from `x` on, some of which may lie outside. */
function moveRun(line: usize, columns: usize, x: i32, count: i32, width: i32, pixel: i32, back: bool): void {
  const start = min(max(-x, 0), count);
  const end = max(min(width - x, count), start);
  const source = line + (x + start) * pixel;
  const target = columns + start * pixel;
  const bytes = (end - start) * pixel;
  if (back) {
    addRow(source, target, bytes);
    return;
  }
  if (start > 0) clearBytes(columns, start * pixel);
  copyBytes(target, source, bytes);
  if (end < count) clearBytes(columns + end * pixel, (count - end) * pixel);
}

function addRow(target: usize, source: usize, bytes: usize): void {
  for (; bytes >= 16; bytes -= 16, target += 16, source += 16) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  }
  for (; bytes > 0; bytes -= 4, target += 4, source += 4) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
  }
}
