import { isList, shown } from './what-came.js';

/**
 * The error barrier of a path: how far its highest point lies above the mean of its ends.
 *
 *     sup over α of E(α) − (E(0) + E(1)) / 2
 *
 * About 0 where two models are linearly connected.
 *
 * @param errors Errors or losses at evenly or unevenly spaced α from one end to the other, both included; ≥ 2.
 * @returns NaN if any error is NaN.
 * @throws If there are fewer than two, or any is no number.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 2.
 */
export function barrier(errors: readonly number[]): number {
  if (!isList(errors)) {
    throw new Error(
      `barrier: errors is ${shown(errors)}, expected a list of numbers, such as path.values.validation.loss.`,
    );
  }
  if (errors.length < 2) {
    throw new Error(`barrier: got ${errors.length} errors, expected those of a path, both ends included.`);
  }
  let highest = -Infinity;
  for (const error of errors) {
    if (typeof error !== 'number') {
      throw new Error(`barrier: errors has ${shown(error)}, expected numbers. Read tensors back first.`);
    }
    highest = Math.max(highest, error);
  }
  return highest - (errors[0] + errors[errors.length - 1]) / 2;
}
