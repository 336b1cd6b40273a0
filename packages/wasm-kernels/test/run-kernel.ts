import * as tf from '@tensorflow/tfjs';

/** Runs a kernel by its name, as ops of other packages do; returns all its outputs. */
export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attrs: object = {},
): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  return [result as tf.Tensor | tf.Tensor[]].flat();
}

/** Random numbers, the same for the same seed. */
export const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
