import { clearBytes } from './bytes';
import { pick, storePair } from './lanes';
import { promoteHigh } from './sums64';

/**
 * Cross-entropy of StableMax by class number, in nats, one per row:
 *
 *     a = 1 + |x|          s = a for x ≥ 0, 1/a for x < 0
 *     L = log(1 + R / s_label),  R = Σ of the other s          0 where label = ignored
 *
 * Sums are float64 and R leaves the label out, so that a loss of 10⁻¹⁵ keeps its digits.
 */
export function stablemaxCrossEntropy(
  x: usize,
  labels: usize,
  losses: usize,
  rows: usize,
  classes: usize,
  ignored: i32,
): void {
  for (; rows > 0; rows--, x += classes * 4, labels += 4, losses += 4) {
    const label = load<i32>(labels);
    if (label === ignored) {
      store<f32>(losses, 0);
      continue;
    }
    const others = sumWithout(x, classes, <usize>label);
    store<f32>(losses, <f32>NativeMath.log1p(others / share(x, <usize>label)));
  }
}

/**
 * dx = dL (s / Σ s) / (1 + |x|), and −dL (R / Σ s) / (1 + |x|) at the label; 0 where label = ignored.
 *
 * s / (1 + |x|) is 1 for x ≥ 0 and 1/a² for x < 0.
 */
export function stablemaxCrossEntropyBackward(
  x: usize,
  labels: usize,
  dl: usize,
  dx: usize,
  rows: usize,
  classes: usize,
  ignored: i32,
): void {
  for (; rows > 0; rows--, x += classes * 4, dx += classes * 4, labels += 4, dl += 4) {
    const label = load<i32>(labels);
    if (label === ignored) {
      clearBytes(dx, classes * 4);
      continue;
    }
    const at = <usize>label;
    const others = sumWithout(x, classes, at);
    const total = others + share(x, at);
    const dLoss = <f64>load<f32>(dl);
    slopes(x, dx, classes, <f32>(dLoss / total));
    const slope = 1 / (1 + abs<f64>(<f64>load<f32>(x + at * 4)));
    store<f32>(dx + at * 4, <f32>(-dLoss * (others / total) * slope));
  }
}

/** s of entry i. */
function share(x: usize, i: usize): f64 {
  const v = <f64>load<f32>(x + i * 4);
  return v >= 0 ? v + 1 : 1 / (1 - v);
}

/** Σ s over all entries but one. */
function sumWithout(x: usize, count: usize, left: usize): f64 {
  return sumOfShares(x, left) + sumOfShares(x + (left + 1) * 4, count - left - 1);
}

function sumOfShares(x: usize, count: usize): f64 {
  const one = f32x4.splat(1);
  let sum = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + i * 4);
    const a = f32x4.add(f32x4.abs(v), one);
    const s = pick(f32x4.lt(v, f32x4.splat(0)), f32x4.div(one, a), a);
    sum = f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(s), promoteHigh(s)));
  }
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; i < count; i++) total += share(x, i);
  return total;
}

/** y = factor for x ≥ 0, factor / (1 + |x|)² for x < 0. */
function slopes(x: usize, y: usize, count: usize, factor: f32): void {
  const one = f32x4.splat(1);
  const f = f32x4.splat(factor);
  const zero = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const left = v128.load(x + i * 4);
    const right = v128.load(x + i * 4, 16);
    const rLeft = f32x4.div(one, f32x4.add(f32x4.abs(left), one));
    const rRight = f32x4.div(one, f32x4.add(f32x4.abs(right), one));
    const yLeft = pick(f32x4.ge(left, zero), one, f32x4.mul(rLeft, rLeft));
    const yRight = pick(f32x4.ge(right, zero), one, f32x4.mul(rRight, rRight));
    storePair(y + i * 4, f32x4.mul(f, yLeft), f32x4.mul(f, yRight));
  }
  for (; i < count; i++) {
    const v = load<f32>(x + i * 4);
    const r: f32 = 1.0 / (abs<f32>(v) + 1.0);
    store<f32>(y + i * 4, v >= 0 ? factor : factor * r * r);
  }
}
