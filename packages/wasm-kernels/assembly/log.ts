import { madd, pick } from './lanes';

const SQRT_HALF: f32 = 0.707106781;
const SMALLEST_NORMAL: f32 = 1.17549435e-38;

/**
 * ln x in each lane, within 2 units in the last place; -∞ at 0, NaN below it.
 *
 *     x = 2ⁿ (1 + f), √½ ≤ 1 + f < √2          ln x = n ln 2 + ln(1 + f) by a polynomial (Cephes logf)
 *
 * @inline
 */
export function log4(x: v128): v128 {
  const one = f32x4.splat(1);
  // Denormal numbers have no exponent of their own: scale them up by 2²⁴ and count that off.
  const tiny = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
  const scaled = pick(tiny, f32x4.mul(x, f32x4.splat(16777216)), x);
  const bias = pick(tiny, i32x4.splat(126 + 24), i32x4.splat(126));
  let n = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(scaled, 23), bias));
  // The mantissa, in [½, 1).
  let f = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(f, f32x4.splat(SQRT_HALF));
  n = f32x4.sub(n, v128.and(low, one));
  f = f32x4.sub(f32x4.add(f, v128.and(low, f)), one);

  const z = f32x4.mul(f, f);
  let p = f32x4.splat(7.0376836292e-2);
  p = madd(p, f, f32x4.splat(-1.151461031e-1));
  p = madd(p, f, f32x4.splat(1.167699874e-1));
  p = madd(p, f, f32x4.splat(-1.2420140846e-1));
  p = madd(p, f, f32x4.splat(1.4249322787e-1));
  p = madd(p, f, f32x4.splat(-1.6668057665e-1));
  p = madd(p, f, f32x4.splat(2.0000714765e-1));
  p = madd(p, f, f32x4.splat(-2.4999993993e-1));
  p = madd(p, f, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, f), z);
  p = madd(n, f32x4.splat(-2.1219444e-4), p);
  p = madd(z, f32x4.splat(-0.5), p);
  p = madd(n, f32x4.splat(0.693359375), f32x4.add(f, p));

  p = pick(f32x4.eq(x, f32x4.splat(Infinity)), x, p);
  p = pick(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(-Infinity), p);
  return pick(f32x4.ge(x, f32x4.splat(0)), p, f32x4.splat(NaN)); // false for NaN as well
}

/**
 * ln(1 + x), exact also where 1 + x rounds to 1 (Kahan's correction by the rounding of 1 + x).
 *
 * @inline
 */
export function log1p4(x: v128): v128 {
  const one = f32x4.splat(1);
  const sum = f32x4.add(x, one);
  const log = log4(sum);
  const corrected = f32x4.mul(log, f32x4.div(x, f32x4.sub(sum, one)));
  const isInfinite = f32x4.eq(f32x4.abs(log), f32x4.splat(Infinity));
  return pick(f32x4.eq(sum, one), x, pick(isInfinite, log, corrected));
}
