import { madd, storePair } from './lanes';
import { dot64 } from './sums64';

/**
 * One Adam step in one pass.
 *
 *     m' = β₁ m + (1 − β₁) g          v' = β₂ v + (1 − β₂) g²
 *     u  = rate · m' / (√v' + ε) + decay · w
 *
 * @param rate, epsilon Bias corrections included, so that there is one division: −η √c₂ / c₁ and ε √c₂.
 * @param decay −η λ.
 */
export function adamStep(
  g: usize,
  m: usize,
  v: usize,
  w: usize,
  u: usize,
  nextM: usize,
  nextV: usize,
  count: usize,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  rate: f32,
  decay: f32,
): void {
  const end = (count & ~7) * 4;
  let i: usize = 0;
  for (; i < end; i += 32) {
    const gLeft = v128.load(g + i);
    const gRight = v128.load(g + i, 16);
    const mLeft = average(beta1, rest1, v128.load(m + i), gLeft);
    const mRight = average(beta1, rest1, v128.load(m + i, 16), gRight);
    const vLeft = average(beta2, rest2, v128.load(v + i), f32x4.mul(gLeft, gLeft));
    const vRight = average(beta2, rest2, v128.load(v + i, 16), f32x4.mul(gRight, gRight));
    const uLeft = adamUpdate(mLeft, vLeft, v128.load(w + i), epsilon, rate, decay);
    const uRight = adamUpdate(mRight, vRight, v128.load(w + i, 16), epsilon, rate, decay);
    storePair(nextM + i, mLeft, mRight);
    storePair(nextV + i, vLeft, vRight);
    storePair(u + i, uLeft, uRight);
  }
  for (; i < count * 4; i += 4) {
    const g4 = v128.load_splat<f32>(g + i);
    const m4 = average(beta1, rest1, v128.load_splat<f32>(m + i), g4);
    const v4 = average(beta2, rest2, v128.load_splat<f32>(v + i), f32x4.mul(g4, g4));
    storeFirst(nextM + i, m4);
    storeFirst(nextV + i, v4);
    storeFirst(u + i, adamUpdate(m4, v4, v128.load_splat<f32>(w + i), epsilon, rate, decay));
  }
}

/**
 * One GrokAdamW step in one pass: {@link adamStep} of h instead of g.
 *
 *     g = gradient · min(1, maxNorm / (‖gradient‖ + 10⁻⁶))          ema' = α ema + (1 − α) g          h = g + λ ema'
 *
 * @param maxNorm 0 never clips.
 */
export function grokAdamWStep(
  gradient: usize,
  m: usize,
  v: usize,
  ema: usize,
  w: usize,
  u: usize,
  nextM: usize,
  nextV: usize,
  nextEma: usize,
  count: usize,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  rate: f32,
  decay: f32,
  alpha: f32,
  restAlpha: f32,
  lambda: f32,
  maxNorm: f64,
): void {
  const lambda4 = f32x4.splat(lambda);
  const norm = maxNorm > 0 ? sqrt<f64>(dot64(gradient, gradient, count)) : 0;
  const scale4 = f32x4.splat(maxNorm > 0 ? <f32>min<f64>(1, maxNorm / (norm + 1e-6)) : 1);
  const end = (count & ~7) * 4;
  let i: usize = 0;
  for (; i < end; i += 32) {
    const gLeft = f32x4.mul(v128.load(gradient + i), scale4);
    const gRight = f32x4.mul(v128.load(gradient + i, 16), scale4);
    const eLeft = average(alpha, restAlpha, v128.load(ema + i), gLeft);
    const eRight = average(alpha, restAlpha, v128.load(ema + i, 16), gRight);
    const hLeft = madd(lambda4, eLeft, gLeft);
    const hRight = madd(lambda4, eRight, gRight);
    const mLeft = average(beta1, rest1, v128.load(m + i), hLeft);
    const mRight = average(beta1, rest1, v128.load(m + i, 16), hRight);
    const vLeft = average(beta2, rest2, v128.load(v + i), f32x4.mul(hLeft, hLeft));
    const vRight = average(beta2, rest2, v128.load(v + i, 16), f32x4.mul(hRight, hRight));
    const uLeft = adamUpdate(mLeft, vLeft, v128.load(w + i), epsilon, rate, decay);
    const uRight = adamUpdate(mRight, vRight, v128.load(w + i, 16), epsilon, rate, decay);
    storePair(nextEma + i, eLeft, eRight);
    storePair(nextM + i, mLeft, mRight);
    storePair(nextV + i, vLeft, vRight);
    storePair(u + i, uLeft, uRight);
  }
  for (; i < count * 4; i += 4) {
    const g4 = f32x4.mul(v128.load_splat<f32>(gradient + i), scale4);
    const e4 = average(alpha, restAlpha, v128.load_splat<f32>(ema + i), g4);
    const h4 = madd(lambda4, e4, g4);
    const m4 = average(beta1, rest1, v128.load_splat<f32>(m + i), h4);
    const v4 = average(beta2, rest2, v128.load_splat<f32>(v + i), f32x4.mul(h4, h4));
    storeFirst(nextEma + i, e4);
    storeFirst(nextM + i, m4);
    storeFirst(nextV + i, v4);
    storeFirst(u + i, adamUpdate(m4, v4, v128.load_splat<f32>(w + i), epsilon, rate, decay));
  }
}

/**
 * share · old + rest · x, rest = 1 − share.
 *
 * @inline
 */
function average(share: f32, rest: f32, old: v128, x: v128): v128 {
  return madd(f32x4.splat(share), old, f32x4.mul(f32x4.splat(rest), x));
}

/**
 * rate · m / (√v + ε) + decay · w
 *
 * @inline
 */
function adamUpdate(m: v128, v: v128, w: v128, epsilon: f32, rate: f32, decay: f32): v128 {
  const step = f32x4.div(m, f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)));
  return madd(f32x4.splat(rate), step, f32x4.mul(f32x4.splat(decay), w));
}

/**
 * Stores the first of four lanes.
 *
 * @inline
 */
function storeFirst(at: usize, x: v128): void {
  store<f32>(at, f32x4.extract_lane(x, 0));
}
