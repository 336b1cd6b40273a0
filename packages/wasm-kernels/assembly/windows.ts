/**
 * Where the windows of a convolution or pool lie on images [batch, height, width, channels], as
 * src/kernels/windows.ts writes it.
 *
 *     row of tap (i, j) of window (p, q): p strideHeight + i dilationHeight − top          columns alike
 */
export class Windows {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  filterHeight: i32;
  filterWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  /** Rows and columns of zeros around the image. */
  top: i32;
  left: i32;

  /** The windows whose table lies at `offset`. */
  static at(offset: usize): Windows {
    return changetype<Windows>(offset);
  }
}

/** The first window q ≥ 0 whose tap q stride + offset is not left of the image. */
export function firstInside(offset: i32, stride: i32): i32 {
  return offset >= 0 ? 0 : (stride - 1 - offset) / stride;
}

/** One past the last window, of `count`, whose tap q stride + offset lies left of `size`. */
export function endInside(offset: i32, stride: i32, size: i32, count: i32): i32 {
  return size <= offset ? 0 : min(count, (size - offset + stride - 1) / stride);
}

/** The first of start, start + step, … that is not negative. */
export function insideFrom(start: i32, step: i32): i32 {
  return start >= 0 ? start : start + ((step - 1 - start) / step) * step;
}
