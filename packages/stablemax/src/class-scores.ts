import {
  abs,
  add,
  div,
  exp,
  fill,
  less,
  log,
  max,
  maximum,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { accurateLog1p } from './accurate-log1p.js';
import { logS, s } from './s.js';

/**
 * How probabilities come from logits, piece by piece: pᵥ = f(zᵥ) / Σ f(z), with f = exp or StableMax's s.
 *
 * Everything is per row: `sums` and `own`, the logit of a row's label, have shape `[rows]`, a piece of logits
 * `[rows, classes of the piece]`, and `isOwn` is 1 where a logit is that of the label.
 */
export interface ClassScores {
  /** What is added up over the pieces, before the first. */
  start(rows: number): Tensor[];
  /** The sums with one more piece. */
  add(sums: Tensor[], z: Tensor, isOwn: Tensor): Tensor[];
  /** log Σ f(z), of all pieces. */
  logNormalizer(sums: Tensor[], own: Tensor): Tensor;
  /** −log p of the label. */
  surprise(sums: Tensor[], own: Tensor): Tensor;
  /** log f(z). */
  logScore(z: Tensor): Tensor;
  /** p, and p − 1 at the label. */
  excess(sums: Tensor[], own: Tensor, z: Tensor, isOwn: Tensor): { p: Tensor; excess: Tensor };
  /** (log f)'(z); nothing where it is 1. */
  slope?(z: Tensor): Tensor;
}

const column = (x: Tensor): Tensor => reshape(x, [-1, 1]);

/** f = exp. The largest logit so far is taken off, and the sum scaled anew when a larger one comes. (online softmax) */
export const SOFTMAX: ClassScores = {
  start: (rows) => [fill([rows], Number.NEGATIVE_INFINITY), zeros([rows])],
  add([most, total], z) {
    const larger = maximum(most, max(z, 1));
    const before = mul(total, exp(sub(most, larger)));
    return [larger, add(before, sum(exp(sub(z, column(larger))), 1))];
  },
  logNormalizer: ([most, total]) => add(most, log(total)),
  surprise: ([most, total], own) => add(sub(most, own), log(total)),
  logScore: (z) => z,
  excess([most, total], _, z, isOwn) {
    const p = div(exp(sub(z, column(most))), column(total));
    return { p, excess: sub(p, isOwn) };
  },
};

/**
 * f = s. The sum leaves the label out, so that neither its loss nor 1 − p is a difference of nearly equal numbers, as in
 * {@link logStablemax}.
 */
export const STABLEMAX: ClassScores = {
  start: (rows) => [zeros([rows])],
  add: ([others], z, isOwn) => [add(others, sum(mul(s(z), sub(1, isOwn)), 1))],
  logNormalizer: ([others], own) => log(add(others, s(own))),
  surprise([others], own) {
    const score = s(own);
    const leading = accurateLog1p(div(others, maximum(score, others)));
    return where(less(others, score), leading, sub(log(add(others, score)), logS(own)));
  },
  logScore: logS,
  excess([others], own, z, isOwn) {
    const total = column(add(others, s(own)));
    const p = div(s(z), total);
    const rest = div(column(others), total);
    return { p, excess: sub(mul(p, sub(1, isOwn)), mul(isOwn, rest)) };
  },
  slope: (z) => div(1, add(abs(z), 1)),
};
