import { checkOptions } from '@evenkeel/ops';
import { maximum, type Variable } from '@tensorflow/tfjs-core';
import { type AdamStep, adamMoments, adamStep, adamUpdate } from './adam-step.js';
import { checkNumber } from './check-number.js';
import { perParam } from './per-param.js';
import { withoutStep } from './steps-made.js';
import type { Transform } from './transform.js';

export interface AdamOptions {
  /** How much of the average gradient survives a step, in [0, 1); or a function of the parameter. Default 0.9. */
  beta1?: number | ((param: Variable) => number);
  /** How much of the average squared gradient survives a step, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Added to the root of the average square, ≥ 0. Default 1e-8. */
  epsilon?: number;
  /** Divide by the largest average square so far instead of the current one. Default false. */
  amsgrad?: boolean;
}

/**
 * Divides each update by a running estimate of its own size. (Adam)
 *
 *     m ← β₁ m + (1 − β₁) g             v ← β₂ v + (1 − β₂) g²
 *     m̂ = m / (1 − β₁ᵗ)                 v̂ = v / (1 − β₂ᵗ)          t = 1, 2, …
 *     u = m̂ / (√v̂ + ε)
 *
 * With `amsgrad`, v̂ = max(v₁, …, vₜ) / (1 − β₂ᵗ). t counts the steps of each parameter by itself, as `torch.optim` does: a
 * parameter whose first gradient comes late starts at t = 1. `tf.train.adam` counts for all at once. The bias corrections are JS numbers and exact to
 * float64, where `tf.train.adam` rounds them to float32 at each step. In float32 the square of a gradient beyond 10¹⁹ is infinite
 * and its step 0, as in torch: clip first. Put `scaleByLearningRate` after it.
 *
 * @throws If an option is out of range.
 * @see Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.
 *     https://arxiv.org/abs/1412.6980
 * @see Reddi et al., "On the Convergence of Adam and Beyond", 2018, algorithm 2 (AMSGrad).
 */
export function scaleByAdam(options: AdamOptions = {}): Transform {
  checkOptions('scaleByAdam', options, ADAM_OPTIONS);
  // A learning rate of −1 leaves the direction as it is.
  return withoutStep(adamRule('scaleByAdam', options, () => ({ learningRate: -1, weightDecay: 0 })));
}

/**
 * Adam as a transform, up to and including the step that `stepOf` asks for.
 *
 * @param name The transform's name, also in errors.
 * @param stepOf From steps that the optimizer has taken to learning rate and weight decay.
 */
export function adamRule(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false }: AdamOptions,
  stepOf: (count: number) => Pick<AdamStep, 'learningRate' | 'weightDecay'>,
): Transform {
  const checkedBeta1 = (value: number) =>
    checkNumber(name, 'beta1', value, { atLeast: 0, below: 1, typical: 0.9 });
  if (typeof beta1 !== 'function') checkedBeta1(beta1);
  const beta1Of = typeof beta1 === 'function' ? (param: Variable) => checkedBeta1(beta1(param)) : () => beta1;
  checkNumber(name, 'beta2', beta2, { atLeast: 0, below: 1, typical: 0.999 });
  checkNumber(name, 'epsilon', epsilon, { atLeast: 0, below: Infinity, typical: 1e-8 });

  if (!amsgrad) {
    return perParam(name, ['m', 'v', 'step'], (gradient, { m, v, step }, param, count) => {
      const numbers = { beta1: beta1Of(param), beta2, epsilon, step, ...stepOf(count) };
      const [update, nextM, nextV] = adamStep({ gradient, param, m, v }, numbers);
      return [update, { m: nextM, v: nextV }];
    });
  }
  return perParam(name, ['m', 'v', 'vMax', 'step'], (gradient, slots, param, count) => {
    const b1 = beta1Of(param);
    const { m, v } = adamMoments({ gradient, m: slots.m, v: slots.v }, { beta1: b1, beta2 });
    const vMax = maximum(slots.vMax, v);
    const corrections = {
      correction1: 1 - b1 ** (slots.step + 1),
      correction2: 1 - beta2 ** (slots.step + 1),
    };
    return [adamUpdate(param, m, vMax, { epsilon, ...corrections, ...stepOf(count) }), { m, v, vMax }];
  });
}

/** The names of {@link AdamOptions}. */
export const ADAM_OPTIONS: Record<keyof AdamOptions, true> = {
  beta1: true,
  beta2: true,
  epsilon: true,
  amsgrad: true,
};
