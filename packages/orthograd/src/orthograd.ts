import { checkOptions, innerProduct, KERNELS, kernelOr, sumOfSquares } from '@evenkeel/ops';
import { stateless, type Transform, withoutStep } from '@evenkeel/optim';
import {
  abs,
  div,
  equal,
  greater,
  max,
  mul,
  type Scalar,
  sqrt,
  sub,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';

export interface OrthogradOptions {
  /** Scale the projected gradient back to the length it had. Default true. */
  rescale?: boolean;
}

/**
 * Below this share of the gradient, the part orthogonal to the weights is float32 rounding error.
 */
const NOISE = 1e-6;

/**
 * Removes the part of each gradient that only rescales the weights (⊥Grad).
 *
 *     t = g − (⟨w,g⟩ / ⟨w,w⟩) w        the part of g orthogonal to w, over the whole tensor
 *     u = t · ‖g‖ / ‖t‖                with `rescale`: same length as g
 *     u = t                            without
 *
 * Once a model fits its training data, making every weight larger lowers the loss without
 * changing a single prediction. Training down that road ends in numbers float32 cannot hold;
 * ⊥Grad closes it. Put it after clipping and before `scaleByAdam` or `muon`.
 *
 * `rescale: true` is the paper's code, `false` the trainer that popularised it, which also leaves out
 * vectors: `masked(orthograd({ rescale: false }), isMatrix)`.
 *
 * Differs from the references in three ways. Where g is parallel to w up to rounding (‖t‖ ≤ 10⁻⁶ ‖g‖)
 * the update is zero; the paper's code stretches the rounding error to the length of g. So a parameter
 * with one element stands still: leave out scalars with `masked(orthograd(), isMatrix)`. The projection
 * runs twice, which keeps u orthogonal in float32 also where g is nearly parallel. And g and w are scaled
 * to size 1 first, so that gradients of 10⁻²⁵, as they occur at the edge of stability, do not vanish when
 * squared.
 *
 * @returns A memoryless transform. Each update has its gradient's shape. Zero weights leave the
 *     gradient as it is. NaN in, NaN out.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 5.
 *     https://arxiv.org/abs/2501.04697
 */
export function orthograd(options: OrthogradOptions = {}): Transform {
  checkOptions('orthograd', options, OPTIONS);
  const { rescale = true } = options;
  const rule = stateless('orthograd', (gradient, param) =>
    kernelOr(KERNELS.orthogonalProjection, { gradient, param }, { rescale }, () =>
      orthogonalProjection(gradient, param, rescale),
    ),
  );
  return withoutStep(rule);
}

function orthogonalProjection(g: Tensor, w: Tensor, rescale: boolean): Tensor {
  const gSize = largest(g);
  const [unitG, unitW] = [div<Tensor>(g, gSize), div<Tensor>(w, largest(w))];
  const wSquared = oneIfZero(sumOfSquares(unitW));
  const project = (x: Tensor) => sub<Tensor>(x, mul(unitW, div(innerProduct(unitW, x), wSquared)));

  const t = project(project(unitG));
  const [gNorm, tNorm] = [sqrt(sumOfSquares(unitG)), sqrt(sumOfSquares(t))];
  const isSignal = greater(tNorm, mul(gNorm, NOISE));
  // The size comes last: the rest is of the order of 1, and 10³³ · ‖g‖ / ‖t‖ may not fit in float32.
  const unit = mul(t, where(isSignal, rescale ? div(gNorm, tNorm) : 1, 0));
  return mul(unit, gSize);
}

/** The largest absolute value in `x`, or 1 if all are zero. */
const largest = (x: Tensor): Scalar => oneIfZero(max(abs(x)));

const oneIfZero = (x: Scalar): Scalar => where(equal(x, 0), 1, x);

const OPTIONS: Record<keyof OrthogradOptions, true> = { rescale: true };
