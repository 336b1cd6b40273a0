import { type Tensor, util } from '@tensorflow/tfjs-core';
import { type AttentionAttributes, attention, attentionGradients } from './attention-definition.js';
import { checkOptions } from './check-options.js';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { withGradient } from './with-gradient.js';

export interface CausalAttentionOptions {
  /** What scores are multiplied by before softmax. Default 1/√dim; Modula uses 1/dim. */
  scale?: number;
  /** How many keys a query sees, its own position included, as Mistral's sliding window. Default all. */
  window?: number;
  /** Position of the first query among the keys. Default timeK − time: the queries are the last positions. */
  offset?: number;
  /** Share of the probabilities set to 0, in [0, 1); the others grow by 1/(1 − dropout). Default 0. */
  dropout?: number;
  /** Decides what is dropped, an integer from 0 to 2³² − 1. Default a new one per call. */
  seed?: number;
}

/**
 * Each position's average of the values at and before it, weighted by how its query meets their keys.
 *
 *     o = softmax(scale q kᵀ + mask) v          per batch entry and head
 *
 * With fewer key heads than query heads, consecutive query heads share one (grouped-query attention): of 6
 * heads over 2, heads 0–2 read the first. With a key–value cache, `k` and `v` are longer than `q`; keys after a
 * query's own position are never seen, so the unfilled end of a longer buffer may be passed with `offset`. Not
 * for NaN or infinity in it, which spread.
 *
 * Dropout is a hash of position and seed: the same seed drops the same probabilities on every backend.
 *
 * @param q Queries, shape `[batch, heads, time, dim]`, float32.
 * @param k Keys, shape `[batch, kvHeads, timeK, dim]`; heads is a multiple of kvHeads.
 * @param v Values, the shape of `k`.
 * @returns The shape of `q`.
 * @throws If shapes, dtypes or options do not fit.
 * @see Vaswani et al., "Attention Is All You Need", 2017, section 3.2. https://arxiv.org/abs/1706.03762
 * @see Ainslie et al., "GQA", 2023. https://arxiv.org/abs/2305.13245
 */
export function causalAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: CausalAttentionOptions = {},
): Tensor {
  requireShapes(q, k, v);
  requireFloat('causalAttention', { q, k, v });
  checkOptions('causalAttention', options, OPTIONS);
  const attributes = attributesFrom(options, q, k);
  if (q.size === 0) return overNothing([q, k, v], q.shape);
  return withGradient(
    [q, k, v],
    () => {
      const definition = () => [attention(q, k, v, attributes)];
      const [o, ...logSumExp] = kernelOr(KERNELS.causalAttention, { q, k, v }, attributes, definition);
      return { value: o, save: logSumExp.length > 0 ? [q, k, v, o, ...logSumExp] : [q, k, v] };
    },
    (dy, [q, k, v, o, logSumExp]) => {
      const definition = () => attentionGradients(dy, q, k, v, attributes);
      if (!logSumExp) return definition();
      const inputs = { dy, q, k, v, o, logSumExp };
      return kernelOr(KERNELS.causalAttentionGrad, inputs, attributes, definition);
    },
  );
}

function requireShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const [batch, heads, , dim] = q.shape as number[];
  const [batchK, kvHeads, , dimK] = k.shape as number[];
  const fits =
    q.rank === 4 &&
    k.rank === 4 &&
    batch === batchK &&
    dim === dimK &&
    (heads % kvHeads === 0 || (heads === 0 && kvHeads === 0)) &&
    util.arraysEqual(k.shape, v.shape);
  util.assert(
    fits,
    () =>
      `causalAttention: q, k and v have shapes [${q.shape}], [${k.shape}] and [${v.shape}], expected ` +
      `[batch, heads, time, dim], [batch, kvHeads, timeK, dim] and that of k, with heads a multiple of kvHeads. ` +
      `Split the heads, then move them before time with tf.transpose.`,
  );
}

/** Fills in defaults and checks ranges. `window` is at most timeK. */
function attributesFrom(options: CausalAttentionOptions, q: Tensor, k: Tensor): AttentionAttributes {
  const [, , time, dim] = q.shape as number[];
  const timeK = (k.shape as number[])[2];
  const {
    scale = 1 / Math.sqrt(Math.max(dim, 1)),
    window = Infinity,
    offset = timeK - time,
    dropout = 0,
    seed = Math.floor(Math.random() * 2 ** 32),
  } = options;
  const check = (ok: boolean, name: string, value: number, expected: string) =>
    util.assert(ok, () => `causalAttention: ${name} is ${value}, expected ${expected}.`);
  check(Number.isFinite(scale), 'scale', scale, 'a finite number. The usual one is 1/√dim');
  check(
    window === Infinity || (Number.isInteger(window) && window >= 1),
    'window',
    window,
    'an integer ≥ 1. Leave it out to see all keys',
  );
  check(
    Number.isInteger(offset) && offset >= 0 && offset + time <= timeK,
    'offset',
    offset,
    `an integer from 0 to timeK − time = ${timeK} − ${time}. Pass keys and values of every query, and those cached`,
  );
  check(
    dropout >= 0 && dropout < 1,
    'dropout',
    dropout,
    'a number from 0 to below 1. It is the share to drop, not to keep',
  );
  check(
    Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32,
    'seed',
    seed,
    'an integer from 0 to 2³² − 1. Take it modulo 2 ** 32',
  );
  return { scale, window: Math.min(window, timeK), offset, dropout, seed };
}

const OPTIONS: Record<keyof CausalAttentionOptions, true> = {
  scale: true,
  window: true,
  offset: true,
  dropout: true,
  seed: true,
};
