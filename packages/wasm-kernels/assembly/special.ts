import { exp4 } from './exp';
import { madd, pick } from './lanes';
import { log1p4 } from './log';

/**
 * eˣ − 1, exact also near 0, where the series replaces the difference.
 *
 * @inline
 */
export function expm14(x: v128): v128 {
  let p = f32x4.splat(1.984127e-4); // 1/7!
  p = madd(p, x, f32x4.splat(1.3888889e-3));
  p = madd(p, x, f32x4.splat(8.3333333e-3));
  p = madd(p, x, f32x4.splat(4.1666668e-2));
  p = madd(p, x, f32x4.splat(1.6666667e-1));
  p = madd(p, x, f32x4.splat(0.5));
  p = madd(p, f32x4.mul(x, x), x);
  const near = f32x4.lt(f32x4.abs(x), f32x4.splat(0.35));
  return pick(near, p, f32x4.sub(exp4(x), f32x4.splat(1)));
}

/**
 * tanh x = -t / (t + 2) · sign x with t = e^(−2|x|) − 1.
 *
 * @inline
 */
export function tanh4(x: v128): v128 {
  const t = expm14(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const size = f32x4.div(f32x4.neg(t), f32x4.add(t, f32x4.splat(2)));
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

/**
 * 1 / (1 + e^−x).
 *
 * @inline
 */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/**
 * ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|).
 *
 * @inline
 */
export function softplus4(x: v128): v128 {
  const tail = log1p4(exp4(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), tail);
}

/**
 * erf x by a rational function on [-4, 4], outside of which it is ±1 in float32 (as in Eigen).
 *
 * @inline
 */
export function erf4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(4)), f32x4.splat(-4));
  const z = f32x4.mul(bounded, bounded);
  let p = f32x4.splat(-2.72614225801306e-10);
  p = madd(p, z, f32x4.splat(2.77068142495902e-8));
  p = madd(p, z, f32x4.splat(-2.10102402082508e-6));
  p = madd(p, z, f32x4.splat(-5.69250639462346e-5));
  p = madd(p, z, f32x4.splat(-7.34990630326855e-4));
  p = madd(p, z, f32x4.splat(-2.95459980854025e-3));
  p = madd(p, z, f32x4.splat(-1.60960333262415e-2));
  let q = f32x4.splat(-1.4566071846e-5);
  q = madd(q, z, f32x4.splat(-2.13374055278905e-4));
  q = madd(q, z, f32x4.splat(-1.68282697438203e-3));
  q = madd(q, z, f32x4.splat(-7.37332916720468e-3));
  q = madd(q, z, f32x4.splat(-1.42647390514189e-2));
  return f32x4.div(f32x4.mul(bounded, p), q);
}
