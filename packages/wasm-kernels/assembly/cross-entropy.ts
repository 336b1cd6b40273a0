import { clearBytes } from './bytes';
import { exp4 } from './exp';
import { storePair, sumLanes } from './lanes';
import { log4 } from './log';
import { maxRun } from './reduce';

/**
 * Cross-entropy of softmax by class number, in nats, one per row:
 *
 *     L = log Σⱼ e^(xⱼ − max) − (x_label − max)          0 where label = ignored
 */
export function crossEntropy(
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
    const largest = maxRun(x, classes);
    const log = f32x4.extract_lane(log4(f32x4.splat(expSum(x, 0, classes, largest))), 0);
    store<f32>(losses, log - (load<f32>(x + <usize>label * 4) - largest));
  }
}

/** dx = dL (softmax x − onehot label), one dL per row; 0 where label = ignored. */
export function crossEntropyBackward(
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
    const factor = load<f32>(dl);
    scaleRow(dx, classes, factor / expSum(x, dx, classes, maxRun(x, classes)));
    const at = dx + <usize>label * 4;
    store<f32>(at, load<f32>(at) - factor);
  }
}

/** Σ e^(x − shift); writes the terms to `y` unless it is 0. */
export function expSum(x: usize, y: usize, count: usize, shift: f32): f32 {
  const s = f32x4.splat(shift);
  let sum = f32x4.splat(0);
  let sumRight = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const left = exp4(f32x4.sub(v128.load(x + i * 4), s));
    const right = exp4(f32x4.sub(v128.load(x + i * 4, 16), s));
    sum = f32x4.add(sum, left);
    sumRight = f32x4.add(sumRight, right);
    if (y !== 0) storePair(y + i * 4, left, right);
  }
  sum = f32x4.add(sum, sumRight);
  for (; i + 4 <= count; i += 4) {
    const e = exp4(f32x4.sub(v128.load(x + i * 4), s));
    sum = f32x4.add(sum, e);
    if (y !== 0) v128.store(y + i * 4, e);
  }
  let total = sumLanes(sum);
  for (; i < count; i++) {
    const e = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(x + i * 4) - shift)), 0);
    total += e;
    if (y !== 0) store<f32>(y + i * 4, e);
  }
  return total;
}

/** y = y · factor, in place. */
export function scaleRow(y: usize, count: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (; count >= 8; count -= 8, y += 32)
    storePair(y, f32x4.mul(v128.load(y), f), f32x4.mul(v128.load(y, 16), f));
  for (; count >= 4; count -= 4, y += 16) v128.store(y, f32x4.mul(v128.load(y), f));
  for (; count > 0; count--, y += 4) store<f32>(y, load<f32>(y) * factor);
}
