import {
  abs,
  add,
  customGrad,
  div,
  type GradSaveFunc,
  greater,
  log1p,
  max,
  mul,
  neg,
  relu,
  sign,
  square,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';

/**
 * What StableMax puts in place of the exponential: linear to the right of zero, hyperbolic to the left.
 *
 *     s(x) = x + 1          x ≥ 0          s'(x) = 1               x ≥ 0
 *          = 1 / (1 − x)    x < 0                = 1 / (1 − x)²    x < 0
 *
 * Written as relu(x) + 1 / (1 + relu(−x)), which needs no branch and has no 0 · ∞ at x = 1, where the
 * references return NaN gradients.
 */
export function s(x: Tensor): Tensor {
  return differentiableS(x);
}

/**
 * s(x) times a power of two per row, so that float32 holds the sum of a row of any finite logits.
 *
 * @returns `shares` and the factor, shape `[..., 1]`, which is 1 for all usual rows.
 */
export function scaledS(x: Tensor): { shares: Tensor; scale: Tensor } {
  const scale = where(greater(max(x, -1, true), LARGE), 1 / LARGE, 1);
  return { shares: mul(s(x), scale), scale };
}

const LARGE = 2 ** 60;

/** s'(x). 1 at 0, from both sides. */
export const slope = (x: Tensor): Tensor => square(leftBranch(x));

/** log s(x) = sign(x) · log(1 + |x|), exact where s itself over- or underflows. Its slope is 1 / (1 + |x|). */
export const logS = (x: Tensor): Tensor => mul(sign(x), log1p(abs(x)));

/** 1 for x ≥ 0, and s(x) for x < 0. */
const leftBranch = (x: Tensor): Tensor => div(1, add(relu(neg(x)), 1));

const differentiableS = customGrad((...inputs) => {
  const [x, save] = inputs as [Tensor, GradSaveFunc];
  save([x]);
  return { value: add(relu(x), leftBranch(x)), gradFunc: (dy, [x]) => mul(dy, slope(x)) };
});
