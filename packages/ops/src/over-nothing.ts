import { customGrad, type Tensor, zeros, zerosLike } from '@tensorflow/tfjs-core';

/**
 * What an op gives where there is nothing to compute: zeros of a shape that usually has no entries, and a gradient of 0
 * for each input.
 *
 * tfjs 4.22 throws on empty tensors in places (`reshape` to −1), and on wasm its sums over nothing are uninitialised memory.
 */
export function overNothing(inputs: readonly Tensor[], shape: readonly number[]): Tensor {
  const op = customGrad((...args) => ({
    value: zeros([...shape]),
    gradFunc: () => (args.slice(0, inputs.length) as Tensor[]).map((input) => zerosLike<Tensor>(input)),
  }));
  return op(...inputs);
}
