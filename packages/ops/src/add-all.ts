import { addN, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** The inputs that a kernel can have on every WebGPU device: it has eight buffers, and one is for the result. */
const AT_ONCE = 7;

/**
 * The sum of tensors of the same shape, from left to right, however many they are.
 *
 * tfjs 4.22's `addN` gives wrong sums of more than a device binds on webgpu: the shader does not compile, which nobody says.
 *
 * @throws If there is none, or their shapes differ.
 */
export function addAll<T extends Tensor>(tensors: readonly T[]): T {
  return tidy(() => {
    let sum = addN(tensors.slice(0, AT_ONCE));
    for (let i = AT_ONCE; i < tensors.length; i += AT_ONCE - 1) {
      sum = addN([sum, ...tensors.slice(i, i + AT_ONCE - 1)]);
    }
    return sum;
  });
}
