import { madd, pick } from './lanes';

const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts: the first has few enough digits that n times it is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;
/** Above this eˣ is infinite, below that it is zero in float32. */
const LARGEST: f32 = 88.7228394;
const SMALLEST: f32 = -103.972084;

/**
 * eˣ in each lane, within 2 units in the last place; NaN stays NaN.
 *
 *     x = n ln 2 + r, |r| ≤ ln 2 / 2          eˣ = 2ⁿ eʳ, eʳ by a polynomial (Cephes expf)
 */
export function exp4(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(SMALLEST)), f32x4.splat(LARGEST));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(LOG2_E)));
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
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  p = f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
  p = pick(f32x4.gt(x, f32x4.splat(LARGEST)), f32x4.splat(Infinity), p);
  return pick(f32x4.lt(x, f32x4.splat(SMALLEST)), f32x4.splat(0), p);
}

/** 2ⁿ for whole n from -126 to 127. */
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}
