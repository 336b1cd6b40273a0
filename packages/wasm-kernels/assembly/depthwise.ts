import { finishRows } from './epilogue';
import { dotRow, madd } from './lanes';
import { endInside, firstInside, Windows } from './windows';

/** What to do with each tap. */
const FORWARD = 0;
const TO_FILTER = 1;
const TO_IMAGE = 2;

/**
 * A depthwise convolution, with a filter [taps, channels, multiplier]:
 *
 *     y[window, c, m] = act(Σ x[tap of window, c] w[tap, c, m] + bias)          over the taps
 *
 * @param bias, activation, alpha, slopes, slopeCount See epilogue.ts.
 */
export function depthwise(
  windows: usize,
  x: usize,
  filter: usize,
  y: usize,
  multiplier: i32,
  bias: usize,
  activation: i32,
  alpha: f32,
  slopes: usize,
  slopeCount: usize,
): void {
  const w = Windows.at(windows);
  const rows = <usize>w.batch * w.outHeight * w.outWidth;
  const columns = <usize>w.channels * multiplier;
  memory.fill(y, 0, rows * columns * 4);
  walkTaps(w, x, y, filter, multiplier, FORWARD);
  finishRows(y, rows, columns, bias, activation, alpha, slopes, slopeCount);
}

/**
 * The gradient of a depthwise convolution with respect to its filter [taps, channels, multiplier]:
 *
 *     dw[tap, c, m] = Σ x[tap of window, c] dy[window, c, m]          over all windows
 */
export function depthwiseFilterBackward(
  windows: usize,
  x: usize,
  dy: usize,
  dw: usize,
  multiplier: i32,
): void {
  const w = Windows.at(windows);
  memory.fill(dw, 0, <usize>w.filterHeight * w.filterWidth * w.channels * multiplier * 4);
  walkTaps(w, x, dy, dw, multiplier, TO_FILTER);
}

/**
 * The gradient of a depthwise convolution with respect to the image:
 *
 *     dx[tap of window, c] += Σₘ dy[window, c, m] w[tap, c, m]          for each window
 */
export function depthwiseInputBackward(
  windows: usize,
  dy: usize,
  filter: usize,
  dx: usize,
  multiplier: i32,
): void {
  const w = Windows.at(windows);
  memory.fill(dx, 0, <usize>w.batch * w.height * w.width * w.channels * 4);
  walkTaps(w, dx, dy, filter, multiplier, TO_IMAGE);
}

/** Visits each tap of each line of windows, where it lies inside the image. */
function walkTaps(w: Windows, image: usize, dy: usize, filter: usize, multiplier: i32, what: i32): void {
  const pixel: usize = w.channels * 4;
  const out: usize = pixel * multiplier;
  const line = w.width * pixel;
  const step = w.strideWidth * pixel;
  for (let b = 0; b < w.batch; b++, image += w.height * line) {
    for (let p = 0; p < w.outHeight; p++, dy += w.outWidth * out) {
      let y = p * w.strideHeight - w.top;
      let tap = filter;
      for (let i = 0; i < w.filterHeight; i++, y += w.dilationHeight) {
        if (y < 0 || y >= w.height) {
          tap += w.filterWidth * out;
          continue;
        }
        let x = -w.left;
        for (let j = 0; j < w.filterWidth; j++, x += w.dilationWidth, tap += out) {
          const first = firstInside(x, w.strideWidth);
          const end = endInside(x, w.strideWidth, w.width, w.outWidth);
          if (first >= end) continue;
          const pixels = image + y * line + (first * w.strideWidth + x) * pixel;
          const gradients = dy + first * out;
          if (what === FORWARD) {
            addToOutput(pixels, step, gradients, out, end - first, tap, w.channels, multiplier);
          } else if (what === TO_FILTER) {
            addToFilter(pixels, step, gradients, out, end - first, tap, w.channels, multiplier);
          } else addToImage(pixels, step, gradients, out, end - first, tap, w.channels, multiplier);
        }
      }
    }
  }
}

/** tap += Σ pixel · gradient, over a line of `count` windows; summed in registers first. */
function addToFilter(
  pixels: usize,
  step: usize,
  gradients: usize,
  out: usize,
  count: usize,
  tap: usize,
  channels: i32,
  multiplier: i32,
): void {
  const end = pixels + step * count;
  let c = 0;
  if (multiplier === 1) {
    for (; c + 4 <= channels; c += 4, pixels += 16, gradients += 16, tap += 16) {
      let s = f32x4.splat(0);
      let g = gradients;
      for (let x = pixels; x < end; x += step, g += out) s = madd(v128.load(x), v128.load(g), s);
      v128.store(tap, f32x4.add(v128.load(tap), s));
    }
  }
  for (; c < channels; c++, pixels += 4) {
    for (let m = 0; m < multiplier; m++, gradients += 4, tap += 4) {
      let s: f32 = 0;
      let g = gradients;
      for (let x = pixels; x < end; x += step, g += out) s += load<f32>(x) * load<f32>(g);
      store<f32>(tap, load<f32>(tap) + s);
    }
  }
}

/** output += pixel · tap, over a line of `count` windows. */
function addToOutput(
  pixels: usize,
  step: usize,
  outputs: usize,
  out: usize,
  count: usize,
  tap: usize,
  channels: i32,
  multiplier: i32,
): void {
  for (; count > 0; count--, pixels += step, outputs += out) {
    let y = outputs;
    let t = tap;
    for (let c = 0; c < channels; c++) {
      const x = load<f32>(pixels + c * 4);
      for (let m = 0; m < multiplier; m++, y += 4, t += 4) store<f32>(y, load<f32>(y) + x * load<f32>(t));
    }
  }
}

/** pixel += gradient · tap, over a line of `count` windows. */
function addToImage(
  pixels: usize,
  step: usize,
  gradients: usize,
  out: usize,
  count: usize,
  tap: usize,
  channels: i32,
  multiplier: i32,
): void {
  for (; count > 0; count--, pixels += step, gradients += out) {
    let x = pixels;
    let g = gradients;
    let t = tap;
    let c = 0;
    if (multiplier === 1) {
      for (; c + 4 <= channels; c += 4, x += 16, g += 16, t += 16) {
        v128.store(x, madd(v128.load(g), v128.load(t), v128.load(x)));
      }
    }
    const bytes = multiplier * 4;
    for (; c < channels; c++, x += 4, g += bytes, t += bytes) {
      store<f32>(x, load<f32>(x) + dotRow(g, t, multiplier));
    }
  }
}
