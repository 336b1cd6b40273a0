import { clearBytes } from './bytes';
import { expSum, scaleRow } from './cross-entropy';
import { dropoutRow } from './dropout';
import { log4 } from './log';
import { multiply } from './multiply';
import { maxRun } from './reduce';

/** Queries handled together: no more than that many rows of scores exist at a time. */
export const BLOCK: usize = 24;

/** Bytes of working memory for `time` queries and `timeK` keys, forward and backward. */
export function attentionScratchBytes(time: usize, timeK: usize): usize {
  return 2 * blockBytes(time, timeK);
}

/** Bytes of the scores of a block of queries. */
export function blockBytes(time: usize, timeK: usize): usize {
  return min(BLOCK, time) * timeK * 4;
}

/**
 * Causal attention of `heads` queries over `heads / group` keys and values.
 *
 *     oᵢ = Σⱼ drop(softmaxⱼ(scale · qᵢ·kⱼ)) vⱼ          over i + offset − window < j ≤ i + offset
 *
 *     q, o [batch, heads, time, width]          k, v [batch, heads / group, timeK, width]
 *
 * @param offset Position of the first query among the keys.
 * @param logSums log Σⱼ e^(scale · qᵢ·kⱼ) of each query goes here, for the backward pass.
 * @param scores Working memory of {@link attentionScratchBytes}.
 * @param seed, threshold, kept What is dropped, see dropout.ts; nothing if `threshold` is 0. Its indices are those of
 *   probabilities `[batch, heads, time, timeK]`.
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
  for (let head: usize = 0; head < heads; head++) {
    const keys = k + (head / group) * bytesK;
    const values = v + (head / group) * bytesK;
    for (let first: usize = 0; first < time; first += BLOCK) {
      const rows = min(BLOCK, time - first);
      const start = windowStart(first + offset, window);
      const columns = first + offset + rows - start;
      const skipped = start * width * 4;
      const at = head * bytes + first * width * 4;
      multiply(scratch, rows, columns, width, q + at, false, keys + skipped, true, scores, false);
      for (let i: usize = 0; i < rows; i++) {
        const row = scores + i * columns * 4;
        const position = first + i + offset;
        const from = windowStart(position, window) - start;
        const query = head * time + first + i;
        store<f32>(logSums + query * 4, softmaxRow(row, columns, from, position - start, scale));
        if (threshold > 0) dropoutRow(row, columns, query * timeK + start, seed, threshold, kept);
      }
      multiply(scratch, rows, width, columns, scores, false, values + skipped, false, o + at, false);
    }
  }
}

/** The first key that a query at position `i` sees. */
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
