import { pick } from './lanes';
import { insideFrom, Windows } from './windows';

/**
 * The gradient of a max pool: each window hands its gradient to its largest number, the first if
 * there are several. NaN counts as larger than any number.
 */
export function maxPoolBackward(windows: usize, x: usize, dy: usize, dx: usize): void {
  const w = Windows.at(windows);
  const image = w.height * w.width * w.channels * 4;
  memory.fill(dx, 0, <usize>w.batch * image);
  for (let b = 0; b < w.batch; b++, x += image, dx += image) {
    for (let p = 0; p < w.outHeight; p++) {
      for (let q = 0; q < w.outWidth; q++, dy += w.channels * 4) windowBackward(w, p, q, x, dy, dx);
    }
  }
}

function windowBackward(w: Windows, p: i32, q: i32, x: usize, dy: usize, dx: usize): void {
  const firstRow = insideFrom(p * w.strideHeight - w.top, w.dilationHeight);
  const firstColumn = insideFrom(q * w.strideWidth - w.left, w.dilationWidth);
  const endRow = min(p * w.strideHeight - w.top + w.filterHeight * w.dilationHeight, w.height);
  const endColumn = min(q * w.strideWidth - w.left + w.filterWidth * w.dilationWidth, w.width);
  if (firstRow >= endRow || firstColumn >= endColumn) return;

  const pixel = w.channels * 4;
  const first = (firstRow * w.width + firstColumn) * pixel;
  let c = 0;
  for (; c + 16 <= pixel; c += 16) {
    let largest = v128.load(x + first + c);
    let at = i32x4.splat(first + c);
    for (let row = firstRow; row < endRow; row += w.dilationHeight) {
      for (let column = firstColumn; column < endColumn; column += w.dilationWidth) {
        const offset = (row * w.width + column) * pixel + c;
        const value = v128.load(x + offset);
        // not (value ≤ largest), except that the first NaN stays
        const larger = v128.andnot(f32x4.eq(largest, largest), f32x4.le(value, largest));
        largest = pick(larger, value, largest);
        at = pick(larger, i32x4.splat(offset), at);
      }
    }
    addTo(dx + i32x4.extract_lane(at, 0), dy + c);
    addTo(dx + i32x4.extract_lane(at, 1) + 4, dy + c + 4);
    addTo(dx + i32x4.extract_lane(at, 2) + 8, dy + c + 8);
    addTo(dx + i32x4.extract_lane(at, 3) + 12, dy + c + 12);
  }
  for (; c < pixel; c += 4) {
    let at = first + c;
    let largest = load<f32>(x + at);
    for (let row = firstRow; row < endRow; row += w.dilationHeight) {
      for (let column = firstColumn; column < endColumn; column += w.dilationWidth) {
        const offset = (row * w.width + column) * pixel + c;
        const value = load<f32>(x + offset);
        if (value <= largest || F32.isNaN(largest)) continue;
        largest = value;
        at = offset;
      }
    }
    addTo(dx + at, dy + c);
  }
}

function addTo(target: usize, source: usize): void {
  store<f32>(target, load<f32>(target) + load<f32>(source));
}
