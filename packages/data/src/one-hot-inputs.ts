import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { checkFits } from './check.js';
import { checkExamples, type Examples } from './examples.js';
import { oneHot } from './one-hot.js';

/**
 * Inputs for a plain network: one block of zeros with a single 1 per number.
 *
 *     x = onehot(a) ++ onehot(b)        1 at a and at values + b
 *
 * @returns float32, shape `[size, width · values]`: `[size, 226]` for pairs mod 113.
 * @throws If the examples are damaged, or the result would exceed 2²⁸ numbers.
 */
export function oneHotInputs(examples: Examples): Tensor2D {
  checkExamples('oneHotInputs', examples);
  const { inputs, size, width, values } = examples;
  checkFits(
    'oneHotInputs',
    size,
    width * values,
    'Take part of them with selectExamples, or tokenSequences.',
  );
  return tensor2d(oneHot(inputs, values), [size, width * values], 'float32');
}
