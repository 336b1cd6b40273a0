import { madd, storePair, sumLanes } from './lanes';

/** Between these, float32 has lost nothing of a mean of squares. */
const LARGE: f32 = 1e35;
const SMALL: f32 = 1e-30;

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
    let mean: f32 = center ? rowSum(x, width) / f32(width) : 0;
    const squares = rowSquares(x, width, mean) / f32(width);
    let scale = inverseRoot(squares + epsilon);
    if (!(squares <= LARGE) || (squares < SMALL && epsilon < SMALL)) {
      const exact = center ? rowSum64(x, width) / f64(width) : 0;
      mean = f32(exact);
      scale = f32(1 / sqrt<f64>(rowSquares64(x, width, exact) / f64(width) + epsilon));
    }
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

/** {@link rowSum} where float32 overflows. */
function rowSum64(x: usize, width: usize): f64 {
  let sum: f64 = 0;
  for (; width > 0; width--, x += 4) sum += <f64>load<f32>(x);
  return sum;
}

/** {@link rowSquares} where float32 overflows, or where squares vanish. */
function rowSquares64(x: usize, width: usize, mean: f64): f64 {
  let sum: f64 = 0;
  for (; width > 0; width--, x += 4) {
    const d = <f64>load<f32>(x) - mean;
    sum += d * d;
  }
  return sum;
}
