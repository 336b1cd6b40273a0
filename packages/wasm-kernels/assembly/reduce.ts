import { madd, storePair, sumLanes } from './lanes';

/** Numbers added in float32 before the sum moves on to float64. */
const RUN: usize = 2048;
/** Rows added in registers before they are added to the result, which keeps long sums accurate. */
const BLOCK: usize = 64;

/**
 * Sums the middle axis: y[o, i] = scale · Σᵣ x[o, r, i].
 *
 * @param scale 1 for a sum, 1 / reduced for a mean.
 */
export function sumAxis(x: usize, y: usize, outer: usize, reduced: usize, inner: usize, scale: f32): void {
  for (; outer > 0; outer--, x += reduced * inner * 4, y += inner * 4) {
    if (inner === 1) store<f32>(y, f32(sumRun(x, reduced) * scale));
    else sumRows(x, y, reduced, inner, scale);
  }
}

/** Σ x, in float64 across runs. */
export function sumRun(x: usize, count: usize): f64 {
  let total: f64 = 0;
  while (count > 0) {
    const end = x + min(count, RUN) * 4;
    count -= min(count, RUN);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    for (; x + 32 <= end; x += 32) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
    }
    total += sumLanes(f32x4.add(s0, s1));
    for (; x < end; x += 4) total += load<f32>(x);
  }
  return total;
}

/** Sums rows into `y`, block by block. */
function sumRows(x: usize, y: usize, rows: usize, inner: usize, scale: f32): void {
  const nothing: f32 = rows === 0 ? 0 * scale : 0; // the mean of nothing is NaN
  for (let i: usize = 0; i < inner; i++) store<f32>(y + i * 4, nothing);
  const stride = inner * 4;
  for (let first: usize = 0; first < rows; first += BLOCK) {
    const block = min(BLOCK, rows - first);
    const start = x + first * stride;
    const factor = f32x4.splat(scale);
    let i: usize = 0;
    for (; i + 8 <= inner; i += 8) {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let p = start + i * 4;
      for (let r: usize = 0; r < block; r++, p += stride) {
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p, 16));
      }
      const target = y + i * 4;
      storePair(target, madd(s0, factor, v128.load(target)), madd(s1, factor, v128.load(target, 16)));
    }
    for (; i < inner; i++) {
      let s: f32 = 0;
      let p = start + i * 4;
      for (let r: usize = 0; r < block; r++, p += stride) s += load<f32>(p);
      store<f32>(y + i * 4, load<f32>(y + i * 4) + s * scale);
    }
  }
}

/** The maximum over the middle axis; NaN wins, and an empty axis gives -∞. */
export function maxAxis(x: usize, y: usize, outer: usize, reduced: usize, inner: usize): void {
  for (; outer > 0; outer--, y += inner * 4) {
    if (inner === 1) {
      store<f32>(y, maxRun(x, reduced));
      x += reduced * 4;
      continue;
    }
    for (let i: usize = 0; i < inner; i++) store<f32>(y + i * 4, -Infinity);
    for (let r: usize = 0; r < reduced; r++) {
      let i: usize = 0;
      for (; i + 4 <= inner; i += 4, x += 16)
        v128.store(y + i * 4, f32x4.max(v128.load(y + i * 4), v128.load(x)));
      for (; i < inner; i++, x += 4) store<f32>(y + i * 4, max(load<f32>(y + i * 4), load<f32>(x)));
    }
  }
}

/** The largest of `count` numbers. */
export function maxRun(x: usize, count: usize): f32 {
  let m = f32x4.splat(-Infinity);
  let right = m;
  for (; count >= 8; count -= 8, x += 32) {
    m = f32x4.max(m, v128.load(x));
    right = f32x4.max(right, v128.load(x, 16));
  }
  m = f32x4.max(m, right);
  for (; count >= 4; count -= 4, x += 16) m = f32x4.max(m, v128.load(x));
  for (; count > 0; count--, x += 4) m = f32x4.max(m, v128.load_splat<f32>(x));
  m = f32x4.max(m, v128.shuffle<f32>(m, m, 2, 3, 0, 1));
  return max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1));
}
