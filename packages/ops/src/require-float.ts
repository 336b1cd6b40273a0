import { type Tensor, util } from '@tensorflow/tfjs-core';

/** @throws If one of the named tensors of an op is not float32, which is all that kernels know. */
export function requireFloat(op: string, tensors: Readonly<Record<string, Tensor | undefined>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    util.assert(
      tensor === undefined || tensor.dtype === 'float32',
      () => `${op}: ${name} has dtype ${tensor!.dtype}, expected float32. Convert it with tf.cast.`,
    );
  }
}
