/** 2³² divided by the golden ratio. */
const SPREAD: i32 = <i32>0x9e3779b9;

/**
 * Multiplies `count` numbers by a mask of 0 and `kept`, the one that `dropoutMask` of @evenkeel/ops makes: entry `n`
 * of all is 0 if hash(n, seed) < threshold.
 *
 *     hash(n, seed) = mix((n · 2654435769) xor mix(seed xor 2654435769))          modulo 2³²
 *
 * @param n Index of the first number among all that are masked together, modulo 2³².
 * @param threshold ⌊rate · 2³²⌋.
 * @param kept 1 / (1 − rate).
 */
export function dropoutRow(row: usize, count: usize, n: u32, seed: u32, threshold: u32, kept: f32): void {
  const key = mix4(i32x4.splat(<i32>seed ^ SPREAD));
  const limit = i32x4.splat(<i32>threshold);
  const factor = f32x4.splat(kept);
  const four = i32x4.splat(4);
  let index = i32x4.add(i32x4.splat(<i32>n), i32x4(0, 1, 2, 3));
  for (; count >= 4; count -= 4, row += 16, index = i32x4.add(index, four)) {
    v128.store(row, f32x4.mul(v128.load(row), mask4(index, key, limit, factor)));
  }
  const rest = mask4(index, key, limit, factor);
  if (count > 0) store<f32>(row, load<f32>(row) * f32x4.extract_lane(rest, 0));
  if (count > 1) store<f32>(row, load<f32>(row, 4) * f32x4.extract_lane(rest, 1), 4);
  if (count > 2) store<f32>(row, load<f32>(row, 8) * f32x4.extract_lane(rest, 2), 8);
}

/**
 * 0 or `factor` for each of four indices.
 *
 * @inline
 */
function mask4(index: v128, key: v128, limit: v128, factor: v128): v128 {
  const hash = mix4(v128.xor(i32x4.mul(index, i32x4.splat(SPREAD)), key));
  return v128.andnot(factor, i32x4.lt_u(hash, limit));
}

/**
 * MurmurHash3's final mixer in each lane.
 *
 * @inline
 */
function mix4(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(<i32>0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(<i32>0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}
