import { checkOptions } from '@evenkeel/ops';
import { add, customGrad, div, type GradSaveFunc, mul, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { checkStablemaxOptions, clamped, STABLEMAX_OPTIONS, type StablemaxOptions } from './options.js';
import { overLastAxis } from './over-last-axis.js';
import { scaledS, slope } from './s.js';

/**
 * Turns logits into probabilities, growing linearly where softmax grows exponentially. (StableMax)
 *
 *     s(x) = x + 1          x ≥ 0
 *          = 1 / (1 − x)    x < 0
 *     stablemax(x)ᵢ = s(xᵢ) / Σⱼ s(xⱼ)
 *
 * Softmax in float32 rounds to exactly 0 and 1 once a logit leads by 17 and nothing is left to learn
 * from. Here a lead of 17 leaves 5 % for the others.
 *
 * Differs from the published code at a logit of exactly 1, where its gradient is NaN and this one right.
 *
 * @param logits Scores, rank 1 or more, of any finite size.
 * @param axis The axis that holds the classes. Default: the last.
 * @param options `clampMin` and `epsilon`, the guards of the published trainer; off by default.
 * @returns Probabilities that sum to 1 over `axis`, in the shape of `logits`. Differentiable.
 * @throws If `axis` is none of `logits`, or an option is out of range.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 4.
 *     https://arxiv.org/abs/2501.04697
 */
export function stablemax(logits: Tensor, axis = -1, options: StablemaxOptions = {}): Tensor {
  checkOptions('stablemax', options, STABLEMAX_OPTIONS);
  checkStablemaxOptions('stablemax', options);
  const shares = normalise(options.epsilon ?? 0);
  return overLastAxis('stablemax', logits, axis, (x) => shares(clamped(x, options)));
}

/** s / (Σ s + ε) over the last axis. The gradient is written out: tfjs would square a sum of 10³⁰. */
const normalise = (epsilon: number) =>
  customGrad((...inputs) => {
    const [x, save] = inputs as [Tensor, GradSaveFunc];
    const { shares, scale } = scaledS(x);
    const total = add(sum(shares, -1, true), mul(scale, epsilon));
    const p: Tensor = div(shares, total);
    save([x, p, total, scale]);
    return {
      value: p,
      gradFunc: (dy, [x, p, total, scale]) =>
        mul(mul(div(slope(x), total), scale), sub(dy, sum(mul(dy, p), -1, true))),
    };
  });
