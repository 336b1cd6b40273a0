import { causalAttention, rotaryEmbedding } from '@evenkeel/ops';
import { concat, mul, reshape, split, type Tensor, transpose } from '@tensorflow/tfjs-core';
import { type Adapting, project } from './adapters/adapting.js';
import { biasedAttention } from './biased-attention.js';
import type { ResolvedConfig } from './config.js';
import type { Dropping } from './dropout.js';
import type { Observe } from './pass.js';
import { headFrequencies } from './rotary.js';
import type { Weights } from './weights.js';

/** Keys and values of the positions before, `[batch, kvHeads, timeK, headDim]` each. */
export type KeysAndValues = { readonly k: Tensor; readonly v: Tensor };

export interface AttentionOptions {
  readonly layer: number;
  /** Position of the first vector. */
  readonly offset: number;
  readonly past?: KeysAndValues;
  readonly dropping: Dropping;
  readonly adapting: Adapting;
  readonly observe: Observe;
}

/**
 * Lets each position read from those before it.
 *
 *     y = W_out · valueScale · softmax(scale · q kᵀ) v          q, k turned by their positions
 *
 * @param x Shape `[batch, time, width]`.
 * @returns `y`, the shape of `x`, and the keys and values it saw, those of the past included.
 */
export function attention(
  x: Tensor,
  weights: Weights,
  config: ResolvedConfig,
  { layer, offset, past, dropping, adapting, observe }: AttentionOptions,
): { y: Tensor } & KeysAndValues {
  const { position, attentionScale: scale, valueScale, slidingWindow, slidingWindowFrom } = config;
  const heads = queriesKeysValues(x, weights, config, adapting);
  const turned = { frequencies: position === 'learned' ? [] : headFrequencies(config), offset };
  const turn = (x: Tensor) => (position === 'learned' ? x : rotaryEmbedding(x, turned));

  const [q, newK] = [turn(heads.q), turn(heads.k)];
  observe('q', q);
  observe('k', newK);
  observe('v', heads.v);
  const k = past ? concat([past.k, newK], 2) : newK;
  const v = past ? concat([past.v, heads.v], 2) : heads.v;

  const window = slidingWindow !== undefined && layer >= slidingWindowFrom ? slidingWindow : Infinity;
  const { scoreBias } = weights;
  const read = scoreBias
    ? biasedAttention(q, repeated(k, config), repeated(v, config), scoreBias, { scale, window, dropping })
    : causalAttention(q, k, v, { scale, window, dropout: dropping.rate, seed: dropping.seed });
  const scaled = valueScale === 1 ? read : mul(read, valueScale);
  observe('heads', scaled);
  return { y: project(mergeHeads(scaled), weights, 'out', adapting), k, v };
}

function queriesKeysValues(
  x: Tensor,
  weights: Weights,
  { heads, kvHeads }: ResolvedConfig,
  adapting: Adapting,
) {
  if (weights['qkv.weight']) {
    const qkv = project(x, weights, 'qkv', adapting);
    const [q, k, v] = split(splitHeads(qkv, heads + 2 * kvHeads), [heads, kvHeads, kvHeads], 1);
    return { q, k, v };
  }
  const [q, k, v] = ['q', 'k', 'v'].map((name) => project(x, weights, name, adapting));
  return { q: splitHeads(q, heads), k: splitHeads(k, kvHeads), v: splitHeads(v, kvHeads) };
}

/** `[batch, time, heads · dim]` → `[batch, heads, time, dim]`. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape as number[];
  const dim = width / heads;
  if (time === 1) return reshape(x, [batch, heads, 1, dim]);
  return transpose(reshape(x, [batch, time, heads, dim]), [0, 2, 1, 3]);
}

/** `[batch, heads, time, dim]` → `[batch, time, heads · dim]`. */
function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, time, dim] = x.shape as number[];
  if (time === 1) return reshape(x, [batch, 1, heads * dim]);
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, time, heads * dim]);
}

/** Each key head once per query head that reads it. */
function repeated(x: Tensor, { heads, kvHeads }: ResolvedConfig): Tensor {
  if (heads === kvHeads) return x;
  const perHead = split(x, kvHeads, 1);
  return concat(
    Array.from({ length: heads }, (_, h) => perHead[Math.floor((h * kvHeads) / heads)]),
    1,
  );
}
