import { madd } from './lanes';

const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts: the first has few enough digits that n times it is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;
/** Beyond these eˣ is infinite, or zero, in float32. */
const LARGEST: f32 = 89;
const SMALLEST: f32 = -104;
/** 1.5 · 2²³: a number of up to 22 bits added to it is rounded to a whole one, in its low bits. */
const ROUND: f32 = 12582912;
const ROUND_BITS: i32 = 0x4b400000;

/**
 * eˣ in each lane, within 2 units in the last place; NaN stays NaN.
 *
 *     x = n ln 2 + r, |r| ≤ ln 2 / 2          eˣ = 2ⁿ eʳ, eʳ by a polynomial (Cephes expf)
 *
 * @inline
 */
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(SMALLEST)), f32x4.splat(LARGEST));
  const shifted = madd(bounded, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = madd(n, f32x4.splat(-LN2_HIGH), bounded);
  r = madd(n, f32x4.splat(-LN2_LOW), r);
  let p = f32x4.splat(1.98756915e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  // 2ⁿ in two factors, so that neither leaves the range of float32 exponents.
  const whole = i32x4.sub(shifted, i32x4.splat(ROUND_BITS));
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(rest));
}

/**
 * 2ⁿ for whole n from -126 to 127.
 *
 * @inline
 */
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}
