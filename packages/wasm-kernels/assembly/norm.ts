import { madd, storePair, sumLanes } from './lanes';

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
    const scale = inverseRoot(rowSquares(x, width, mean) / f32(width) + epsilon);
    store<f32>(means, mean);
    store<f32>(scales, scale);
    const m = f32x4.splat(mean);
    const s = f32x4.splat(scale);
    let i: usize = 0;
    for (; i + 32 <= step; i += 32) {
      const left = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + i), m), s), v128.load(gain + i));
      const right = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + i, 16), m), s), v128.load(gain + i, 16));
      if (bias === 0) storePair(y + i, left, right);
      else storePair(y + i, f32x4.add(left, v128.load(bias + i)), f32x4.add(right, v128.load(bias + i, 16)));
    }
    for (; i < step; i += 4) {
      const z = (load<f32>(x + i) - mean) * scale * load<f32>(gain + i);
      store<f32>(y + i, bias === 0 ? z : z + load<f32>(bias + i));
    }
  }
}

/** 1 / √x, of vectors: V8's scalar root is an instruction that stalls after any vector of 256 bits. */
function inverseRoot(x: f32): f32 {
  return 1 / f32x4.extract_lane(f32x4.sqrt(f32x4.splat(x)), 0);
}

function rowSum(x: usize, width: usize): f32 {
  let left = f32x4.splat(0);
  let right = f32x4.splat(0);
  for (; width >= 8; width -= 8, x += 32) {
    left = f32x4.add(left, v128.load(x));
    right = f32x4.add(right, v128.load(x, 16));
  }
  let sum = sumLanes(f32x4.add(left, right));
  for (; width > 0; width--, x += 4) sum += load<f32>(x);
  return sum;
}

function rowSquares(x: usize, width: usize, mean: f32): f32 {
  const m = f32x4.splat(mean);
  let left = f32x4.splat(0);
  let right = f32x4.splat(0);
  for (; width >= 8; width -= 8, x += 32) {
    const dLeft = f32x4.sub(v128.load(x), m);
    const dRight = f32x4.sub(v128.load(x, 16), m);
    left = madd(dLeft, dLeft, left);
    right = madd(dRight, dRight, right);
  }
  let sum = sumLanes(f32x4.add(left, right));
  for (; width > 0; width--, x += 4) sum += (load<f32>(x) - mean) * (load<f32>(x) - mean);
  return sum;
}
