import { insideFrom, Windows } from './windows';

/**
 * The largest number, or the mean, of each window, per channel. Padding is no part of a window: where a window sees
 * nothing else its maximum is −∞ and its mean NaN. NaN counts as larger than any number.
 */
export function pool(windows: usize, x: usize, y: usize, average: bool): void {
  const w = Windows.at(windows);
  const image = w.height * w.width * w.channels * 4;
  for (let b = 0; b < w.batch; b++, x += image) {
    for (let p = 0; p < w.outHeight; p++) {
      for (let q = 0; q < w.outWidth; q++, y += w.channels * 4) poolWindow(w, p, q, x, y, average);
    }
  }
}

function poolWindow(w: Windows, p: i32, q: i32, x: usize, y: usize, average: bool): void {
  const top = p * w.strideHeight - w.top;
  const left = q * w.strideWidth - w.left;
  const endRow = min(top + w.filterHeight * w.dilationHeight, w.height);
  const endColumn = min(left + w.filterWidth * w.dilationWidth, w.width);
  const pixel = w.channels * 4;
  for (let c = 0; c < pixel; c += 4) {
    let count = 0;
    let sum: f32 = 0;
    let largest: f32 = -Infinity;
    for (let row = insideFrom(top, w.dilationHeight); row < endRow; row += w.dilationHeight) {
      for (let column = insideFrom(left, w.dilationWidth); column < endColumn; column += w.dilationWidth) {
        const value = load<f32>(x + (row * w.width + column) * pixel + c);
        sum += value;
        largest = max(largest, value);
        count++;
      }
    }
    store<f32>(y + c, average ? sum / f32(count) : largest);
  }
}
