import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { checkExamples, type Examples } from './examples.js';

/**
 * Inputs for a plain network on a task of bits: one column per bit, 0 or 1.
 *
 * For the ±1 of Barak et al. take 1 − 2x: `tf.sub(1, tf.mul(2, bitInputs(examples)))`.
 *
 * @param examples With two values per position, as `sparseParity` makes them.
 * @returns float32, shape `[size, width]`.
 * @throws If the examples are damaged or hold more than bits.
 */
export function bitInputs(examples: Examples): Tensor2D {
  checkExamples('bitInputs', examples);
  const { inputs, size, width, values } = examples;
  if (values !== 2) {
    throw new Error(
      `bitInputs: examples.values is ${values}, expected 2. Use oneHotInputs for larger numbers.`,
    );
  }
  return tensor2d(Float32Array.from(inputs), [size, width], 'float32');
}
