import { BLOCK, blockBytes, windowStart } from './attention';
import { clearBytes } from './bytes';
import { dropoutRow } from './dropout';
import { exp4 } from './exp';
import { dotRow, storePair } from './lanes';
import { multiply } from './multiply';

/**
 * The gradients of attention (see attention.ts). The probabilities P are computed again, a block at a time:
 *
 *     dV += drop(P)ᵀ dO          dP = drop(dO Vᵀ)          dS = scale · P ∘ (dP − dOᵢ·oᵢ)
 *     dQ = dS K                  dK += dSᵀ Q
 */
export function attentionBackward(
  scratch: usize,
  scores: usize,
  q: usize,
  k: usize,
  v: usize,
  o: usize,
  logSums: usize,
  dO: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  heads: usize,
  group: usize,
  time: usize,
  timeK: usize,
  width: usize,
  scale: f32,
  offset: usize,
  window: usize,
  seed: u32,
  threshold: u32,
  kept: f32,
): void {
  const bytes = time * width * 4;
  const bytesK = timeK * width * 4;
  const gradients = scores + blockBytes(time, timeK);
  clearBytes(dk, (heads / group) * bytesK);
  clearBytes(dv, (heads / group) * bytesK);
  for (let head: usize = 0; head < heads; head++) {
    const shared = (head / group) * bytesK;
    for (let first: usize = 0; first < time; first += BLOCK) {
      const rows = min(BLOCK, time - first);
      const start = windowStart(first + offset, window);
      const columns = first + offset + rows - start;
      const keys = shared + start * width * 4;
      const at = head * bytes + first * width * 4;
      multiply(scratch, rows, columns, width, q + at, false, k + keys, true, scores, false);
      multiply(scratch, rows, columns, width, dO + at, false, v + keys, true, gradients, false);
      for (let i: usize = 0; i < rows; i++) {
        const row = scores + i * columns * 4;
        const gradient = gradients + i * columns * 4;
        const position = first + i + offset;
        const from = windowStart(position, window) - start;
        const query = head * time + first + i;
        const logSum = load<f32>(logSums + query * 4);
        const correction = dotRow(dO + query * width * 4, o + query * width * 4, width);
        const n = query * timeK + start;
        if (threshold > 0) dropoutRow(gradient, columns, n, seed, threshold, kept);
        scoreGradient(row, gradient, columns, from, position - start, scale, logSum, correction);
        if (threshold > 0) dropoutRow(row, columns, n, seed, threshold, kept);
      }
      multiply(scratch, columns, width, rows, scores, true, dO + at, false, dv + keys, true);
      multiply(scratch, rows, width, columns, gradients, false, k + keys, false, dq + at, false);
      multiply(scratch, columns, width, rows, gradients, true, q + at, false, dk + keys, true);
    }
  }
}

/** Turns a row of scores into probabilities and the gradients dP of these into those of the products q·k. */
function scoreGradient(
  row: usize,
  gradient: usize,
  columns: usize,
  first: usize,
  last: usize,
  scale: f32,
  logSum: f32,
  correction: f32,
): void {
  const s = f32x4.splat(scale);
  let i = first * 4;
  const end = (last + 1) * 4;
  const l = f32x4.splat(logSum);
  const c = f32x4.splat(correction);
  for (; i + 32 <= end; i += 32) {
    const left = exp4(f32x4.sub(f32x4.mul(v128.load(row + i), s), l));
    const right = exp4(f32x4.sub(f32x4.mul(v128.load(row + i, 16), s), l));
    const dLeft = f32x4.sub(v128.load(gradient + i), c);
    const dRight = f32x4.sub(v128.load(gradient + i, 16), c);
    storePair(row + i, left, right);
    storePair(gradient + i, f32x4.mul(f32x4.mul(left, dLeft), s), f32x4.mul(f32x4.mul(right, dRight), s));
  }
  for (; i + 16 <= end; i += 16) {
    const p = exp4(f32x4.sub(f32x4.mul(v128.load(row + i), s), l));
    const d = f32x4.sub(v128.load(gradient + i), c);
    v128.store(row + i, p);
    v128.store(gradient + i, f32x4.mul(f32x4.mul(p, d), s));
  }
  for (; i < end; i += 4) {
    const p = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(row + i) * scale - logSum)), 0);
    store<f32>(row + i, p);
    store<f32>(gradient + i, p * (load<f32>(gradient + i) - correction) * scale);
  }
  clearBytes(row, first * 4);
  clearBytes(gradient, first * 4);
  clearBytes(row + end, columns * 4 - end);
  clearBytes(gradient + end, columns * 4 - end);
}
