import { cast, equal, expandDims, oneHot, type Tensor } from '@tensorflow/tfjs-core';

/**
 * 1 at each example's class and 0 elsewhere, float32.
 *
 * `tf.oneHot` refuses a single class, and on wasm tfjs 4.22 writes float32 ones as the bits of an
 * integer: so an int32 one-hot, cast.
 *
 * @param ids int32, shape `[...]`.
 * @returns Shape `[..., classes]`.
 */
export function indicator(ids: Tensor, classes: number): Tensor {
  return cast(classes === 1 ? equal(expandDims(ids, -1), 0) : oneHot(ids, classes), 'float32');
}
