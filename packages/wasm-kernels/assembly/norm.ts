import { madd, sumLanes } from './lanes';

/**
 * Normalises rows: y = (x − μ) r · gain + bias, with μ = 0 for RMS normalisation.
 *
 *     layer norm: μ = mean x, r = 1 / √(mean (x − μ)² + ε)          RMS norm: r = 1 / √(mean x² + ε)
 *
 * @param width Numbers of a row, a multiple of 4 or not.
 * @param bias 0 for none.
 * @param means, scales Where μ and r of each row go, for {@link normBackward}.
 */
export function norm(
  x: usize,
  gain: usize,
  bias: usize,
  y: usize,
  means: usize,
  scales: usize,
  rows: usize,
  width: usize,
  epsilon: f32,
  center: bool,
): void {
  const step = width * 4;
  for (; rows > 0; rows--, x += step, y += step, means += 4, scales += 4) {
    const mean: f32 = center ? rowSum(x, width) / f32(width) : 0;
    const scale: f32 = 1 / sqrt<f32>(rowSquares(x, width, mean) / f32(width) + epsilon);
    store<f32>(means, mean);
    store<f32>(scales, scale);
    const m = f32x4.splat(mean);
    const s = f32x4.splat(scale);
    let i: usize = 0;
    for (; i + 16 <= step; i += 16) {
      const z = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + i), m), s), v128.load(gain + i));
      v128.store(y + i, bias === 0 ? z : f32x4.add(z, v128.load(bias + i)));
    }
    for (; i < step; i += 4) {
      const z = (load<f32>(x + i) - mean) * scale * load<f32>(gain + i);
      store<f32>(y + i, bias === 0 ? z : z + load<f32>(bias + i));
    }
  }
}

function rowSum(x: usize, width: usize): f32 {
  let s = f32x4.splat(0);
  for (; width >= 4; width -= 4, x += 16) s = f32x4.add(s, v128.load(x));
  let sum = sumLanes(s);
  for (; width > 0; width--, x += 4) sum += load<f32>(x);
  return sum;
}

function rowSquares(x: usize, width: usize, mean: f32): f32 {
  const m = f32x4.splat(mean);
  let s = f32x4.splat(0);
  for (; width >= 4; width -= 4, x += 16) {
    const d = f32x4.sub(v128.load(x), m);
    s = madd(d, d, s);
  }
  let sum = sumLanes(s);
  for (; width > 0; width--, x += 4) sum += (load<f32>(x) - mean) * (load<f32>(x) - mean);
  return sum;
}
