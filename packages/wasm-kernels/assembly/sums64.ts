/** Σ xᵢ yᵢ in float64: right for long tensors, and for numbers whose squares float32 cannot hold. */
export function dot64(x: usize, y: usize, count: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; count >= 4; count -= 4, x += 16, y += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    low = addExact(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b), low);
    high = addExact(promoteHigh(a), promoteHigh(b), high);
  }
  const sum = f64x2.add(low, high);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; count > 0; count--, x += 4, y += 4) total += <f64>load<f32>(x) * <f64>load<f32>(y);
  return total;
}

/**
 * The upper two of four float32 numbers, in float64.
 *
 * @inline
 */
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 0));
}

/**
 * sum + a b for numbers that were float32: the product is exact, so one rounding and two give the same.
 *
 * @inline
 */
export function addExact(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, sum);
  return f64x2.add(sum, f64x2.mul(a, b));
}

/** Writes Σ x² to `y`, rounded to float32. */
export function sumOfSquares(x: usize, y: usize, count: usize): void {
  store<f32>(y, f32(dot64(x, x, count)));
}

/** Writes √(Σ x²) / unit to `y`, rounded to float32. */
export function euclideanNorm(x: usize, y: usize, count: usize, unit: f64): void {
  store<f32>(y, f32(sqrt<f64>(dot64(x, x, count)) / unit));
}
