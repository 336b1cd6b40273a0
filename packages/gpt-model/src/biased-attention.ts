import { embedding } from '@evenkeel/ops';
import {
  add,
  matMul,
  mul,
  softmax,
  type Tensor,
  type Tensor4D,
  tensor2d,
  transpose,
} from '@tensorflow/tfjs-core';
import { type Dropping, dropout } from './dropout.js';

/**
 * Causal attention with a learned number per head and distance added to the scores.
 *
 *     o = softmax(scale q kᵀ + bias[distance] + mask) v
 *
 * The bias does not depend on the input, so it lets a head look at "the token before" at no cost in the
 * Lipschitz bound. Ours, not the paper's.
 *
 * @param q Shape `[batch, heads, time, dim]`, the last positions.
 * @param k Shape `[batch, heads, timeK, dim]`, as `v`.
 * @param bias By distance, shape `[contextLength, heads]`.
 * @param window How many keys a query sees.
 */
export function biasedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  bias: Tensor,
  { scale, window, dropping }: { scale: number; window: number; dropping: Dropping },
): Tensor {
  const [time, timeK] = [q.shape[2]!, k.shape[2]!];
  const { distances, mask } = distancesBetween(time, timeK, window);
  const perHead = transpose(embedding(bias, distances), [2, 0, 1]); // [heads, time, timeK]
  const visible = add(perHead, mask);
  const scores = matMul(mul<Tensor4D>(q as Tensor4D, scale), k as Tensor4D, false, true);
  return matMul(dropout(softmax(add<Tensor>(scores, visible)), dropping), v);
}

/** How far back each key is from each query, and −∞ where a key is not to be seen. */
function distancesBetween(time: number, timeK: number, window: number): { distances: Tensor; mask: Tensor } {
  const distances = new Int32Array(time * timeK);
  const mask = new Float32Array(time * timeK).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < time; i++) {
    const position = i + timeK - time;
    for (let j = Math.max(0, position - window + 1); j <= position; j++) {
      distances[i * timeK + j] = position - j;
      mask[i * timeK + j] = 0;
    }
  }
  return {
    distances: tensor2d(distances, [time, timeK], 'int32'),
    mask: tensor2d(mask, [time, timeK]),
  };
}
