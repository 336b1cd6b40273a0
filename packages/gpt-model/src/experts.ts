import { addAll } from '@evenkeel/ops';
import {
  customGrad,
  div,
  type GradSaveFunc,
  mul,
  oneHot,
  softmax,
  split,
  sub,
  sum,
  type Tensor,
  topk,
} from '@tensorflow/tfjs-core';
import { type Adapting, adaptingWithin, project } from './adapters/adapting.js';
import type { ResolvedConfig } from './config.js';
import { mlp } from './mlp.js';
import type { Observe } from './pass.js';
import { type Weights, within } from './weights.js';

/**
 * Sends each position to the MLPs that a router rates highest, and mixes what they answer. (Mixtral)
 *
 *     p = softmax(W_router x)          over all experts
 *     y = Σ pₑ / Σ p · mlpₑ(x)         over the k highest
 *
 * Every expert runs on every position and the others' answers count 0: no tensor is read back to decide, at
 * the price of experts / k times the arithmetic.
 *
 * @param x Shape `[..., width]`.
 * @returns The shape of `x`.
 * @see Jiang et al., "Mixtral of Experts", 2024, section 2.1. https://arxiv.org/abs/2401.04088
 */
export function mixtureOfExperts(
  x: Tensor,
  weights: Weights,
  config: ResolvedConfig,
  adapting: Adapting,
  observe: Observe,
): Tensor {
  const shares = routedShares(project(x, weights, 'router', adapting), config.activeExperts);
  const answers = split(shares, config.experts, -1).map((share, e) => {
    const name = `experts.${e}`;
    const tell: Observe = (part, value) => observe(`${name}.${part}`, value);
    return mul<Tensor>(mlp(x, within(weights, name), config, adaptingWithin(adapting, name), tell), share);
  });
  return addAll(answers);
}

/** Softmax over the k largest scores, 0 elsewhere. Exactly k, also where scores are equal. */
export function routedShares(scores: Tensor, k: number): Tensor {
  const op = customGrad((...args) => {
    const [scores, save] = args as unknown as [Tensor, GradSaveFunc];
    const { indices } = topk(scores, k);
    const chosen = sum(oneHot(indices as Tensor, scores.shape[scores.rank - 1]), -2);
    const weighed = mul(softmax(scores), chosen);
    const shares = div<Tensor>(weighed, sum(weighed, -1, true));
    save([shares]);
    return {
      value: shares,
      gradFunc: (dy, [p]) => mul(p, sub(dy, sum(mul(dy, p), -1, true))),
    };
  });
  return op(scores);
}
