import { add, mul, sigmoid, sub, type Tensor } from '@tensorflow/tfjs-core';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { withGradient } from './with-gradient.js';

/**
 * A smooth ReLU whose gate is its own input, as in Llama's SwiGLU. (SiLU, swish)
 *
 *     y = x σ(x)          dy/dx = σ(x) (1 + x (1 − σ(x)))
 *
 * @param x Any shape, float32.
 * @returns The shape of `x`.
 * @throws If the dtype is not float32.
 * @see Elfwing et al., "Sigmoid-Weighted Linear Units", 2017. https://arxiv.org/abs/1702.03118
 */
export function silu(x: Tensor): Tensor {
  requireFloat('silu', { x });
  if (x.size === 0) return overNothing([x], x.shape);
  return withGradient(
    [x],
    () => ({ value: kernelOr(KERNELS.silu, { x }, {}, () => mul<Tensor>(x, sigmoid(x))), save: [x] }),
    (dy, [x]) => [kernelOr(KERNELS.siluGrad, { dy, x }, {}, () => mul<Tensor>(dy, slope(x)))],
  );
}

function slope(x: Tensor): Tensor {
  const gate = sigmoid(x);
  return mul(gate, add(mul(x, sub(1, gate)), 1));
}
