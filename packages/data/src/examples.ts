import { checkWhole, MAX_COUNT, show } from './check.js';
import { sha256OfNumbers } from './hash-of-numbers.js';

/**
 * Labelled examples of an algorithmic task: plain arrays, no tensors.
 *
 * Every input and every label is a whole number counted from 0. Make tensors of them with
 * `oneHotInputs`, `bitInputs`, `tokenSequences` and `labelTensor`; they work for any task written down
 * in this form, also for one of your own.
 */
export interface Examples {
  /** Row-major, `[size, width]`, each 0 … `values − 1`. */
  readonly inputs: Int32Array;
  /** `[size]`, each 0 … `classes − 1`. */
  readonly labels: Int32Array;
  /** Number of examples, ≥ 1. */
  readonly size: number;
  /** Numbers per input, ≥ 1. */
  readonly width: number;
  /** How many different numbers an input position can hold, ≥ 1. */
  readonly values: number;
  /** How many different labels there can be, ≥ 1. */
  readonly classes: number;
  /** Sign written between the numbers in token form, such as `+`. Left out: they follow each other. */
  readonly operator?: string;
}

/**
 * Checks that examples are complete and consistent.
 *
 * @param where The function that was called, for the error.
 * @throws If a field is missing, an array's length does not fit, or a number is out of range.
 */
export function checkExamples(where: string, examples: Examples): void {
  if (typeof examples !== 'object' || examples === null) {
    throw new Error(`${where}: the examples are ${show(examples)}, expected an object. ${SOURCE}`);
  }
  const { inputs, labels, size, width, values, classes, operator } = examples;
  for (const [name, count] of Object.entries({ size, width, values, classes })) {
    checkWhole(where, `examples.${name}`, count, 1, MAX_COUNT, SOURCE);
  }
  checkArray(where, 'inputs', inputs, size * width, values);
  checkArray(where, 'labels', labels, size, classes);
  if (operator !== undefined && (typeof operator !== 'string' || /^(=|\d*)$/.test(operator))) {
    throw new Error(
      `${where}: examples.operator is ${show(operator)}, expected a sign other than '=' and digits. Try '+', or leave it out.`,
    );
  }
}

/**
 * Tells examples from others: equal examples in the same order have the same hash, so that a position among them can say
 * which it means.
 *
 * @returns 64 hexadecimal digits.
 * @throws If the examples are damaged.
 */
export function hashOfExamples(examples: Examples): string {
  checkExamples('hashOfExamples', examples);
  const { inputs, labels, size, width, values, classes } = examples;
  return sha256OfNumbers([Int32Array.of(size, width, values, classes), inputs, labels]);
}

const SOURCE = 'Pass what modularArithmetic or sparseParity returned.';

function checkArray(where: string, name: string, array: Int32Array, length: number, limit: number): void {
  if (!(array instanceof Int32Array) || array.length !== length) {
    const came = array instanceof Int32Array ? `an Int32Array of length ${array.length}` : show(array);
    throw new Error(
      `${where}: examples.${name} is ${came}, expected an Int32Array of length ${length}. ${SOURCE}`,
    );
  }
  const wrong = array.findIndex((x) => x < 0 || x >= limit);
  if (wrong < 0) return;
  throw new Error(
    `${where}: examples.${name}[${wrong}] is ${array[wrong]}, expected 0 to ${limit - 1}. Count from 0.`,
  );
}
