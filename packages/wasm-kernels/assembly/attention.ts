import { clearBytes } from './bytes';
import { expSum, scaleRow } from './cross-entropy';
import { log4 } from './log';
import { multiply } from './multiply';
import { maxRun } from './reduce';

/** Queries handled together: no more than that many rows of scores exist at a time. */
export const BLOCK: usize = 32;

/** Bytes of working memory for sequences of `time` positions, forward and backward. */
export function attentionScratchBytes(time: usize): usize {
  return 2 * BLOCK * time * 4;
}

/**
 * Causal attention of `heads` queries over `heads / group` keys and values.
 *
 *     oᵢ = Σⱼ softmaxⱼ(scale · qᵢ·kⱼ) vⱼ          over i − window < j ≤ i
 *
 *     q, o [batch, heads, time, width]          k, v [batch, heads / group, time, width]
 *
 * @param logSums log Σⱼ e^(scale · qᵢ·kⱼ) of each query goes here, for the backward pass.
 * @param scores Working memory of {@link attentionScratchBytes}.
 */
export function attention(
  scratch: usize,
  scores: usize,
  q: usize,
  k: usize,
  v: usize,
  o: usize,
  logSums: usize,
  heads: usize,
  group: usize,
  time: usize,
  width: usize,
  scale: f32,
  window: usize,
): void {
  const bytes = time * width * 4;
  for (let head: usize = 0; head < heads; head++) {
    const keys = k + (head / group) * bytes;
    const values = v + (head / group) * bytes;
    for (let first: usize = 0; first < time; first += BLOCK) {
      const rows = min(BLOCK, time - first);
      const start = windowStart(first, window);
      const columns = first + rows - start;
      const offset = start * width * 4;
      const at = head * bytes + first * width * 4;
      multiply(scratch, rows, columns, width, q + at, false, keys + offset, true, scores, false);
      for (let i: usize = 0; i < rows; i++) {
        const sum = softmaxRow(
          scores + i * columns * 4,
          columns,
          windowStart(first + i, window) - start,
          first + i - start,
          scale,
        );
        store<f32>(logSums + (head * time + first + i) * 4, sum);
      }
      multiply(scratch, rows, width, columns, scores, false, values + offset, false, o + at, false);
    }
  }
}

/** The first position that query `i` sees. */
export function windowStart(i: usize, window: usize): usize {
  return i + 1 > window ? i + 1 - window : 0;
}

/** Turns the scores `first` … `last` of a row into probabilities and all others into zeros; returns log Σ e^score. */
function softmaxRow(row: usize, columns: usize, first: usize, last: usize, scale: f32): f32 {
  const count = last + 1 - first;
  const start = row + first * 4;
  clearBytes(row, first * 4);
  clearBytes(row + (last + 1) * 4, (columns - last - 1) * 4);
  scaleRow(start, count, scale);
  const largest = maxRun(start, count);
  const sum = expSum(start, start, count, largest);
  scaleRow(start, count, 1 / sum);
  return largest + f32x4.extract_lane(log4(f32x4.splat(sum)), 0);
}
