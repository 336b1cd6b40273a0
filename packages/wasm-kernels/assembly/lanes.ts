/**
 * `a · b + c` in each lane: one rounding where the CPU has a fused multiply-add and the module was
 * compiled for relaxed SIMD, two otherwise.
 *
 * @inline
 */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Lanes of `x` where `mask` is all ones, of `y` where it is zero.
 *
 * @inline
 */
export function pick(mask: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, mask);
}

/**
 * Stores eight neighbouring numbers. The values are ready before the first is stored, so that two can be computed side
 * by side, and an engine may take them for one vector of 256 bits.
 *
 * @inline
 */
export function storePair(at: usize, left: v128, right: v128): void {
  v128.store(at, left);
  v128.store(at, right, 16);
}

/** The sum of the four lanes. */
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Σ x y over `count` numbers, for short rows. */
export function dotRow(x: usize, y: usize, count: usize): f32 {
  let s = f32x4.splat(0);
  for (; count >= 4; count -= 4, x += 16, y += 16) s = madd(v128.load(x), v128.load(y), s);
  let sum = sumLanes(s);
  for (; count > 0; count--, x += 4, y += 4) sum += load<f32>(x) * load<f32>(y);
  return sum;
}
