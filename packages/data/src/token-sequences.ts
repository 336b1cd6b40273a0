import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { checkFits, checkOptions, checkWhole } from './check.js';
import { checkExamples, type Examples } from './examples.js';

/**
 * The tokens a task is written in, as text: the token's id is its place in the list.
 *
 *     0 … n − 1   the numbers, inputs and labels alike      n = max(values, classes)
 *     n           the operator, if the task has one
 *     last        '='
 *
 * Its length is the vocabulary size to give a model, p + 2 for pairs mod p and 3 for parity. Label c is
 * token c, so an answer needs no translation.
 *
 * @throws If the examples are damaged.
 */
export function vocabulary(examples: Examples): string[] {
  checkExamples('vocabulary', examples);
  const { values, classes, operator } = examples;
  const numbers = Array.from({ length: Math.max(values, classes) }, (_, i) => String(i));
  return [...numbers, ...(operator === undefined ? [] : [operator]), '='];
}

/**
 * The inputs as a transformer reads them, ending where it has to answer.
 *
 *     a + b =          pairs: 4 tokens
 *     x₁ x₂ … xₙ =     bits: n + 1 tokens
 *
 * The answer belongs to the last position: compare the logits there, `[size, vocabulary]`, with
 * `labelTensor`, or the logits of all positions with {@link tokenTargets}. {@link vocabulary} says
 * what the ids mean and how many there are.
 *
 * @returns int32, shape `[size, length]`, where length is `2 · width` with an operator and `width + 1`
 *     without: the context the model needs.
 * @throws If the examples are damaged, or the result would exceed 2²⁸ numbers.
 */
export function tokenSequences(examples: Examples): Tensor2D {
  checkExamples('tokenSequences', examples);
  const { inputs, size, width, values, classes, operator } = examples;
  const [length, stride] = [sequenceLength(examples), operator === undefined ? 1 : 2];
  checkFits('tokenSequences', size, length, 'Take part of them with selectExamples.');
  const operatorId = Math.max(values, classes);
  const equalsId = operatorId + stride - 1;

  const tokens = new Int32Array(size * length).fill(operatorId);
  for (let row = 0; row < size; row++) {
    for (let i = 0; i < width; i++) tokens[row * length + i * stride] = inputs[row * width + i];
    tokens[(row + 1) * length - 1] = equalsId;
  }
  return tensor2d(tokens, [size, length], 'int32');
}

export interface TokenTargetsOptions {
  /** Written where there is nothing to predict; pass it on to the loss. Negative. Default −100. */
  ignoreIndex?: number;
}

/**
 * What to predict at each position of {@link tokenSequences}, for a loss over whole sequences.
 *
 *     a       +       b       =
 *     −100    −100    −100    c
 *
 * Only the answer counts: a and b are random, and a model that also learns to guess them wastes itself.
 *
 * @returns int32, in the shape of {@link tokenSequences}.
 * @throws If the examples are damaged or `ignoreIndex` could be a label.
 */
export function tokenTargets(examples: Examples, options: TokenTargetsOptions = {}): Tensor2D {
  checkExamples('tokenTargets', examples);
  checkOptions('tokenTargets', options, ['ignoreIndex']);
  const { ignoreIndex = -100 } = options;
  checkWhole('tokenTargets', 'ignoreIndex', ignoreIndex, -(2 ** 31), -1, 'A usual value is -100.');
  const { labels, size } = examples;
  const length = sequenceLength(examples);
  checkFits('tokenTargets', size, length, 'Take part of them with selectExamples.');

  const targets = new Int32Array(size * length).fill(ignoreIndex);
  labels.forEach((label, row) => {
    targets[(row + 1) * length - 1] = label;
  });
  return tensor2d(targets, [size, length], 'int32');
}

/** The numbers, an operator between any two of them if there is one, and '='. */
const sequenceLength = ({ width, operator }: Examples) => (operator === undefined ? width + 1 : 2 * width);
