import { KERNELS, kernelOr } from '@evenkeel/ops';
import { add, div, mul, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';

/** The numbers of one Adam step of one parameter. All are known on the host. */
export interface AdamStep {
  /** β₁. */
  beta1: number;
  /** β₂. */
  beta2: number;
  /** ε. */
  epsilon: number;
  /** η. */
  learningRate: number;
  /** λ. */
  weightDecay: number;
  /** Steps that this parameter has already had. */
  step: number;
}

interface AdamTensors {
  gradient: Tensor;
  param: Tensor;
  m: Tensor;
  v: Tensor;
}

/**
 * One step of Adam with decoupled weight decay.
 *
 *     m' = β₁ m + (1 − β₁) g            v' = β₂ v + (1 − β₂) g²
 *     u  = −η ( (m' / c₁) / (√(v' / c₂) + ε) + λ w )            cᵢ = 1 − βᵢᵗ
 *
 * One pass over memory where the backend has a kernel for it.
 *
 * @returns `[u, m', v']`.
 */
export function adamStep(tensors: AdamTensors, { step, ...numbers }: AdamStep): [Tensor, Tensor, Tensor] {
  const correction1 = 1 - numbers.beta1 ** (step + 1);
  const correction2 = 1 - numbers.beta2 ** (step + 1);
  const attributes = { ...numbers, correction1, correction2 };
  return kernelOr<Tensor[]>(KERNELS.adamStep, { ...tensors }, attributes, () => {
    const { m, v } = adamMoments(tensors, numbers);
    return [adamUpdate(tensors.param, m, v, attributes), m, v];
  }) as [Tensor, Tensor, Tensor];
}

/** m' and v'. */
export function adamMoments(
  { gradient, m, v }: Omit<AdamTensors, 'param'>,
  { beta1, beta2 }: { beta1: number; beta2: number },
): { m: Tensor; v: Tensor } {
  return {
    m: add(mul(m, beta1), mul(gradient, 1 - beta1)),
    v: add(mul(v, beta2), mul(square(gradient), 1 - beta2)),
  };
}

type UpdateNumbers = Pick<AdamStep, 'epsilon' | 'learningRate' | 'weightDecay'> & {
  correction1: number;
  correction2: number;
};

/** u, with both bias corrections folded into two scalars: two passes over the tensor fewer. */
export function adamUpdate(param: Tensor, m: Tensor, v: Tensor, numbers: UpdateNumbers): Tensor {
  const { correction1, correction2, epsilon, learningRate, weightDecay } = numbers;
  const size = add(mul(sqrt(v), correction1 / Math.sqrt(correction2)), correction1 * epsilon);
  const direction = div<Tensor>(m, size);
  return mul(weightDecay === 0 ? direction : add(direction, mul(param, weightDecay)), -learningRate);
}
