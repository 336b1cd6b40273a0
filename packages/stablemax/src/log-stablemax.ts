import { checkOptions } from '@evenkeel/ops';
import {
  abs,
  add,
  argMax,
  customGrad,
  div,
  type GradSaveFunc,
  log,
  mul,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { accurateLog1p } from './accurate-log1p.js';
import { indicator } from './indicator.js';
import { checkStablemaxOptions, clamped, STABLEMAX_OPTIONS, type StablemaxOptions } from './options.js';
import { overLastAxis } from './over-last-axis.js';
import { logS, scaledS } from './s.js';
import { stablemax } from './stablemax.js';

/**
 * The logarithm of StableMax, accurate also where the probability rounds to 1.
 *
 *     log p_i = log s(xᵢ) − log Σⱼ s(xⱼ)
 *     log p_i = −log(1 + R / s(xᵢ))          for the largest class, R = Σ of the others
 *     ∂/∂x    = (dy (1 − p) − p (Σ dy − dy)) / (1 + |x|)
 *
 * Neither the value nor 1 − p is a difference of nearly equal numbers, so that the float32 loss of an
 * example that is all but certain keeps its digits. With `epsilon` it is log(p + ε), as published.
 *
 * @param logits Scores, rank 1 or more, of any finite size.
 * @param axis The axis that holds the classes. Default: the last.
 * @returns Log-probabilities ≤ 0 in nats, in the shape of `logits`. Differentiable.
 * @throws If `axis` is none of `logits`, or an option is out of range.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 4.
 */
export function logStablemax(logits: Tensor, axis = -1, options: StablemaxOptions = {}): Tensor {
  checkOptions('logStablemax', options, STABLEMAX_OPTIONS);
  checkStablemaxOptions('logStablemax', options);
  const { epsilon = 0 } = options;
  return overLastAxis('logStablemax', logits, axis, (x) =>
    epsilon > 0 ? log(add(stablemax(x, -1, options), epsilon)) : exactLog(clamped(x, options)),
  );
}

const exactLog = customGrad((...inputs) => {
  const [x, save] = inputs as [Tensor, GradSaveFunc];
  const { shares, scale } = scaledS(x);
  const total = sum(shares, -1, true);
  const top = indicator(argMax(x, -1), x.shape[x.rank - 1]);
  const others = sub(1, top);
  const [topS, rest] = [sum(mul(shares, top), -1, true), sum(mul(shares, others), -1, true)];

  const p = div(shares, total);
  const oneMinusP = div(add(mul(top, rest), mul(others, sub(total, shares))), total);
  save([x, p, oneMinusP]);
  return {
    value: sub(
      mul(others, sub(logS(x), sub(log(total), log(scale)))),
      mul(top, accurateLog1p(div(rest, topS))),
    ),
    gradFunc: (dy, [x, p, oneMinusP]) => {
      const otherDy = sub(sum(dy, -1, true), dy);
      return div(sub(mul(dy, oneMinusP), mul(p, otherDy)), add(abs(x), 1));
    },
  };
});
