import { madd, storePair } from './lanes';
import { addExact, promoteHigh } from './sums64';

/** Below this share of the gradient, the part orthogonal to the weights is rounding error. */
const NOISE: f64 = 1e-6;
/** Above this share of ‖g‖², the difference of squares has lost no digit that float32 can hold. */
const SAFE_DIFFERENCE: f64 = 1e-6;
/** Above this share of ‖g‖², so little cancels that float32 keeps the result orthogonal to its own rounding. */
const SAFE_SHARE: f64 = 0.25;
/** Factors between these keep their digits in float32, and so do their products with what moves a gradient. */
const SMALL: f64 = 1e-18;
const LARGE: f64 = 1e18;

/**
 * The part of a gradient orthogonal to the weights, its inner products in float64. Needs 24 bytes of scratch.
 *
 *     t = g − (⟨w,g⟩ / ⟨w,w⟩) w          u = t, or t ‖g‖ / ‖t‖ if `rescale`; 0 if ‖t‖ ≤ 10⁻⁶ ‖g‖
 */
export function orthogonalPart(
  scratch: usize,
  g: usize,
  w: usize,
  u: usize,
  count: usize,
  rescale: bool,
): void {
  innerProducts(g, w, count, scratch);
  const gg = load<f64>(scratch);
  const wg = load<f64>(scratch, 8);
  const ww = load<f64>(scratch, 16);
  const share = ww === 0 ? 0 : wg / ww;
  let tt = gg - share * wg; // Pythagoras
  if (!(tt > SAFE_DIFFERENCE * gg)) tt = squaredLength(g, w, count, share);
  let scale: f64 = rescale ? sqrt<f64>(gg / tt) : 1;
  if (tt <= NOISE * NOISE * gg) scale = 0;
  const product = share * scale;
  const fast = tt > SAFE_SHARE * gg && (product === 0 || (abs(product) > SMALL && abs(product) < LARGE));
  if (fast) writePartFast(g, w, u, count, <f32>product, <f32>scale);
  else writePart(g, w, u, count, share, scale);
}

/** Writes ⟨g,g⟩, ⟨w,g⟩ and ⟨w,w⟩, in float64, to `out`: one pass for the three. */
function innerProducts(g: usize, w: usize, count: usize, out: usize): void {
  let gg = f64x2.splat(0);
  let wg = f64x2.splat(0);
  let ww = f64x2.splat(0);
  let ggHigh = f64x2.splat(0); // sums of their own: an addition need not wait for the one before
  let wgHigh = f64x2.splat(0);
  let wwHigh = f64x2.splat(0);
  for (; count >= 4; count -= 4, g += 16, w += 16) {
    const g4 = v128.load(g);
    const w4 = v128.load(w);
    const gLow = f64x2.promote_low_f32x4(g4);
    const wLow = f64x2.promote_low_f32x4(w4);
    const gHigh = promoteHigh(g4);
    const wHigh = promoteHigh(w4);
    gg = addExact(gLow, gLow, gg);
    wg = addExact(gLow, wLow, wg);
    ww = addExact(wLow, wLow, ww);
    ggHigh = addExact(gHigh, gHigh, ggHigh);
    wgHigh = addExact(gHigh, wHigh, wgHigh);
    wwHigh = addExact(wHigh, wHigh, wwHigh);
  }
  gg = f64x2.add(gg, ggHigh);
  wg = f64x2.add(wg, wgHigh);
  ww = f64x2.add(ww, wwHigh);
  let gSum = f64x2.extract_lane(gg, 0) + f64x2.extract_lane(gg, 1);
  let wgSum = f64x2.extract_lane(wg, 0) + f64x2.extract_lane(wg, 1);
  let wSum = f64x2.extract_lane(ww, 0) + f64x2.extract_lane(ww, 1);
  for (; count > 0; count--, g += 4, w += 4) {
    const x = <f64>load<f32>(g);
    const y = <f64>load<f32>(w);
    gSum += x * x;
    wgSum += x * y;
    wSum += y * y;
  }
  store<f64>(out, gSum);
  store<f64>(out, wgSum, 8);
  store<f64>(out, wSum, 16);
}

/** ‖g − share · w‖², term by term. */
function squaredLength(g: usize, w: usize, count: usize, share: f64): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < count * 4; i += 4) {
    const t = <f64>load<f32>(g + i) - share * <f64>load<f32>(w + i);
    sum += t * t;
  }
  return sum;
}

/** u = scale · (g − share · w). */
function writePart(g: usize, w: usize, u: usize, count: usize, share: f64, scale: f64): void {
  const c = f64x2.splat(share);
  const s = f64x2.splat(scale);
  for (; count >= 4; count -= 4, g += 16, w += 16, u += 16) {
    const g4 = v128.load(g);
    const w4 = v128.load(w);
    const low = f64x2.sub(f64x2.promote_low_f32x4(g4), f64x2.mul(c, f64x2.promote_low_f32x4(w4)));
    const high = f64x2.sub(promoteHigh(g4), f64x2.mul(c, promoteHigh(w4)));
    const left = f32x4.demote_f64x2_zero(f64x2.mul(low, s));
    const right = f32x4.demote_f64x2_zero(f64x2.mul(high, s));
    v128.store(u, v128.shuffle<f64>(left, right, 0, 2));
  }
  for (; count > 0; count--, g += 4, w += 4, u += 4) {
    store<f32>(u, f32((<f64>load<f32>(g) - share * <f64>load<f32>(w)) * scale));
  }
}

/** {@link writePart} in float32, as scale · g − (scale · share) · w: no slower than memory. */
function writePartFast(g: usize, w: usize, u: usize, count: usize, share: f32, scale: f32): void {
  const c = f32x4.splat(-share);
  const s = f32x4.splat(scale);
  for (; count >= 8; count -= 8, g += 32, w += 32, u += 32) {
    const left = madd(c, v128.load(w), f32x4.mul(s, v128.load(g)));
    storePair(u, left, madd(c, v128.load(w, 16), f32x4.mul(s, v128.load(g, 16))));
  }
  for (; count > 0; count--, g += 4, w += 4, u += 4) {
    store<f32>(u, scale * load<f32>(g) - share * load<f32>(w));
  }
}
