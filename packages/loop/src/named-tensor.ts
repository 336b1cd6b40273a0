import type { Tensor } from '@tensorflow/tfjs-core';

/** A tensor with its name, as `Optimizer.getWeights()` returns them. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}
