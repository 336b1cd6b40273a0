import { customGrad, type GradSaveFunc, type Tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * An op with a written-out gradient: `tf.customGrad`, with the temporaries of both directions freed.
 *
 * tfjs frees what a gradient function leaves behind only when all of backpropagation has ended.
 *
 * @param inputs What the op is differentiable in.
 * @param forward Returns the value, and what to save for the gradient.
 * @param gradient From the gradient of the value and what was saved to one gradient per input.
 */
export function withGradient(
  inputs: readonly Tensor[],
  forward: () => { value: Tensor; save: Tensor[] },
  gradient: (dy: Tensor, saved: Tensor[]) => Tensor[],
): Tensor {
  const op = customGrad((...args) => {
    const save = args[inputs.length] as unknown as GradSaveFunc;
    const { value, save: kept } = forward();
    save(kept);
    return { value, gradFunc: (dy, saved) => tidy(() => gradient(dy, saved)) };
  });
  return op(...inputs);
}
