import { copyBytes } from './bytes';
/**
 * Copies slices by index: y[b, o, j] = x[b, o, indices[b, j]], each of `bytes` bytes.
 *
 * The caller has checked that every index lies in [0, axis).
 */
export function gather(
  x: usize,
  indices: usize,
  y: usize,
  batch: usize,
  outer: usize,
  axis: usize,
  perBatch: usize,
  bytes: usize,
): void {
  for (let b: usize = 0; b < batch; b++, indices += perBatch * 4) {
    for (let o: usize = 0; o < outer; o++, x += axis * bytes) {
      for (let j: usize = 0; j < perBatch; j++, y += bytes) {
        const source = x + <usize>load<i32>(indices + j * 4) * bytes;
        if (bytes === 4) store<u32>(y, load<u32>(source));
        else copyBytes(y, source, bytes);
      }
    }
  }
}

/**
 * Adds slices up by segment: y[s] = Σ x[i] over all i with ids[i] = s. Ids outside [0, segments)
 * are dropped.
 *
 * @param inner Numbers of a slice.
 */
export function segmentSum(x: usize, ids: usize, y: usize, count: usize, inner: usize, segments: i32): void {
  memory.fill(y, 0, <usize>segments * inner * 4);
  for (; count > 0; count--, ids += 4, x += inner * 4) {
    const id = load<i32>(ids);
    if (id < 0 || id >= segments) continue;
    let target = y + <usize>id * inner * 4;
    let source = x;
    let left = inner;
    for (; left >= 4; left -= 4, source += 16, target += 16) {
      v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    }
    for (; left > 0; left--, source += 4, target += 4) {
      store<f32>(target, load<f32>(target) + load<f32>(source));
    }
  }
}
