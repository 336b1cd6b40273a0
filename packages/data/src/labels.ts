import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { checkFits } from './check.js';
import { checkExamples, type Examples } from './examples.js';
import { oneHot } from './one-hot.js';

/**
 * The labels as class ids, for `sparse…` losses and for counting right answers.
 *
 * @returns int32, shape `[size]`, each 0 … `classes − 1`.
 * @throws If the examples are damaged.
 */
export function labelTensor(examples: Examples): Tensor1D {
  checkExamples('labelTensor', examples);
  return tensor1d(examples.labels.slice(), 'int32'); // a copy: the cpu backend would share the array
}

/**
 * The labels as target probabilities, for `tf.losses.softmaxCrossEntropy` and `model.compile`.
 *
 * @returns float32, shape `[size, classes]`, a single 1 in each row.
 * @throws If the examples are damaged, or the result would exceed 2²⁸ numbers.
 */
export function oneHotLabels(examples: Examples): Tensor2D {
  checkExamples('oneHotLabels', examples);
  const { labels, size, classes } = examples;
  checkFits('oneHotLabels', size, classes, 'Take part of them with selectExamples, or labelTensor.');
  return tensor2d(oneHot(labels, classes), [size, classes], 'float32');
}
