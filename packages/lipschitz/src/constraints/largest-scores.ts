import { checkOptions } from '@evenkeel/ops';
import {
  abs,
  add,
  linalg,
  matMul,
  max,
  mul,
  ones,
  reshape,
  sub,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';

export interface LargestScoresOptions {
  /** What scores are multiplied by. Default 1/√headDim. */
  scale?: number;
  /** Whether a query sees only keys up to its own position. Default true; the Kimi K2 report counts all pairs. */
  causal?: boolean;
  /** Takes absolute values of scores. Default false, as the report. */
  absolute?: boolean;
}

/**
 * The largest attention score of each head, for {@link qkClip}.
 *
 *     Sₕ = max over the batch and pairs (i, j) of scale · qᵢ·kⱼ
 *
 * A GPT shows queries and keys to `observe`, as `blocks.0.attention.q` and `.k`, after their positions have turned them.
 *
 * @param q `[batch, heads, time, headDim]`.
 * @param k `[batch, kvHeads, time, headDim]`, where kvHeads divides heads.
 * @returns `[heads]`.
 * @throws If the shapes do not fit, or there is no score.
 */
export function largestScores(q: Tensor, k: Tensor, options: LargestScoresOptions = {}): Tensor {
  checkOptions('largestScores', options, OPTIONS);
  const { scale, causal = true, absolute = false } = options;
  const [batch, heads, time, headDim] = q.shape;
  const [, kvHeads, timeK] = k.shape;
  const fits = k.rank === 4 && k.shape[0] === batch && k.shape[3] === headDim && heads % kvHeads === 0;
  if (q.rank !== 4 || !fits || q.size * k.size === 0 || (causal && time !== timeK)) {
    throw new Error(
      `largestScores: queries of shape [${q.shape}] and keys of shape [${k.shape}], expected ` +
        '[batch, heads, time, headDim] and [batch, kvHeads, time, headDim], not empty. Pass what attention multiplies.',
    );
  }
  return tidy(() => {
    // Query heads that share a key head stand below each other: [batch, kvHeads, group · time, headDim].
    const grouped = reshape(mul(q, scale ?? 1 / Math.sqrt(headDim)), [batch, kvHeads, -1, headDim]);
    const products = matMul(grouped, k, false, true);
    const scores = reshape(absolute ? abs(products) : products, [batch, heads, time, timeK]);
    if (!causal) return max(scores, [0, 2, 3]);
    const hidden = mul(sub(1, linalg.bandPart(ones([time, timeK]), -1, 0)), -3e38);
    return max(add(scores, hidden), [0, 2, 3]);
  });
}

const OPTIONS: Record<keyof LargestScoresOptions, true> = { scale: true, causal: true, absolute: true };
