import { KERNELS, kernelOr } from '@evenkeel/ops';
import { clipFactor } from '@evenkeel/optim';
import { add, div, mul, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';

/** The numbers of one step of one parameter. All are known on the host. */
export interface GrokAdamWStep {
  /** η. */
  learningRate: number;
  /** β₁ of the parameter's layer. */
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** 1 − β₁ᵗ with the undecayed β₁, and 1 − β₂ᵗ. */
  correction1: number;
  correction2: number;
  /** α: how much of the slow gradient survives the step. */
  alpha: number;
  /** λ: how much of it is added. */
  lambda: number;
  /** The largest norm of the gradient; 0 never clips. */
  maxGradNorm: number;
}

/** What one parameter brings to a step. */
export interface GrokAdamWTensors {
  gradient: Tensor;
  param: Tensor;
  m: Tensor;
  v: Tensor;
  ema: Tensor;
}

/**
 * One step of GrokAdamW, in one pass over memory where the backend has a kernel for it.
 *
 *     g = gradient · min(1, maxGradNorm / (‖gradient‖ + 10⁻⁶))
 *     e' = α e + (1 − α) g     ĝ = g + λ e'     m' = β₁ m + (1 − β₁) ĝ     v' = β₂ v + (1 − β₂) ĝ²
 *     u  = −η λ_w w − η (√c₂ / c₁) m' / (√v' + ε)
 *
 * @returns `[u, m', v', e']`.
 */
export function grokAdamWStep(tensors: GrokAdamWTensors, step: GrokAdamWStep): Tensor[] {
  return kernelOr<Tensor[]>(KERNELS.grokAdamWStep, { ...tensors }, { ...step }, () => {
    const { param } = tensors;
    const gradient = clipped(tensors.gradient, step.maxGradNorm);
    const { learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2, alpha, lambda } =
      step;
    const ema = add(mul(tensors.ema, alpha), mul(gradient, 1 - alpha));
    const amplified = add(gradient, mul(ema, lambda));
    const m = add(mul(tensors.m, beta1), mul(amplified, 1 - beta1));
    const v = add(mul(tensors.v, beta2), mul(square(amplified), 1 - beta2));
    // Weights decay before the step, as published, which is the same: both act on w.
    const size = (learningRate * Math.sqrt(correction2)) / correction1;
    const direction = div<Tensor>(m, add(sqrt(v), epsilon));
    return [add(mul(param, -learningRate * weightDecay), mul(direction, -size)), m, v, ema];
  });
}

const clipped = (gradient: Tensor, maxNorm: number): Tensor =>
  maxNorm === 0 ? gradient : mul(gradient, clipFactor([gradient], maxNorm));
