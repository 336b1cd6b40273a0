import {
  add,
  matMul,
  mul,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor3D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { dropoutMask } from './dropout-mask.js';

/** Which queries see which keys, and how; as the kernels get it. */
export type AttentionAttributes = Readonly<
  Record<'scale' | 'offset' | 'window' | 'dropout' | 'seed', number>
>;

/** o = dropout(softmax(scale q kᵀ + mask)) v */
export function attention(q: Tensor, k: Tensor, v: Tensor, attributes: AttentionAttributes): Tensor {
  const { p, drop } = probabilities(q, k, attributes);
  return reshape(matMul(perKvHead(drop(p), k), stacked(v)), q.shape);
}

/**
 * With P the probabilities, D dropout and ∘ the product entry by entry:
 *
 *     dv = D(P)ᵀ do          dP = D(do vᵀ)          dS = P ∘ (dP − rowsum(dP ∘ P))
 *     dq = scale dS k        dk = scale dSᵀ q
 *
 * Recomputes P, which is larger than all else, rather than keeping it since the forward pass.
 */
export function attentionGradients(
  dy: Tensor,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  attributes: AttentionAttributes,
): Tensor[] {
  const { p, drop } = probabilities(q, k, attributes);
  const [dyRows, keys] = [perKvHead(dy, k), stacked(k)];
  const dv = matMul(perKvHead(drop(p), k), dyRows, true, false);
  const dp = drop(reshape(matMul(dyRows, stacked(v), false, true), p.shape));
  const ds = perKvHead(mul(p, sub(dp, sum(mul(dp, p), -1, true))), k);
  const scaledQ = mul<Tensor3D>(perKvHead(q, k), attributes.scale);
  return [
    mul(reshape(matMul(ds, keys), q.shape), attributes.scale),
    reshape(matMul(ds, scaledQ, true, false), k.shape),
    reshape(dv, v.shape),
  ];
}

/** P, shape `[batch · heads, time, timeK]`, and the dropout that belongs to it. */
function probabilities(q: Tensor, k: Tensor, { scale, offset, window, dropout, seed }: AttentionAttributes) {
  const [batch, heads, time] = q.shape as number[];
  const timeK = (k.shape as number[])[2];
  const scores = matMul(mul<Tensor3D>(perKvHead(q, k), scale), stacked(k), false, true);
  const shape = [batch * heads, time, timeK];
  const visible = mask(time, timeK, offset, window);
  const perHead: Tensor = reshape(scores, shape);
  const kept = dropout > 0 ? dropoutMask(shape, dropout, seed) : null;
  const drop = (x: Tensor): Tensor => (kept ? mul(x, kept) : x);
  return { p: softmax(visible ? add<Tensor>(perHead, visible) : perHead), drop };
}

/** 0 where query i sees key j, −∞ where not; null if every query sees every key. */
function mask(time: number, timeK: number, offset: number, window: number): Tensor | null {
  if (offset >= timeK - 1 && offset + time - window <= 0) return null;
  const values = new Float32Array(time * timeK).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < time; i++) {
    const last = i + offset;
    values.fill(0, i * timeK + Math.max(0, last - window + 1), i * timeK + last + 1);
  }
  return tensor2d(values, [time, timeK]);
}

/**
 * `[batch, heads, time, n]` → `[batch · kvHeads, group · time, n]`: all queries of a key head below each
 * other. Nothing is repeated, so that no product broadcasts and the gradients of a group add up by themselves.
 */
function perKvHead(x: Tensor, k: Tensor): Tensor3D {
  const [batch, kvHeads] = k.shape as number[];
  return reshape(x, [batch * kvHeads, -1, x.shape[x.rank - 1]]);
}

/** `[batch, kvHeads, timeK, dim]` → `[batch · kvHeads, timeK, dim]`. */
const stacked = (x: Tensor): Tensor3D => reshape(x, [-1, x.shape[2]!, x.shape[3]!]);
