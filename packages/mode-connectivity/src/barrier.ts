/**
 * The error barrier of a path: how far its highest point lies above the mean of its ends.
 *
 *     sup over α of E(α) − (E(0) + E(1)) / 2
 *
 * About 0 where two models are linearly connected.
 *
 * @param errors Errors or losses at evenly or unevenly spaced α from one end to the other, both included; ≥ 2.
 * @returns NaN if any error is NaN.
 * @throws If there are fewer than two.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 2.
 */
export function barrier(errors: readonly number[]): number {
  if (errors.length < 2) {
    throw new Error(`barrier: got ${errors.length} errors, expected those of a path, both ends included.`);
  }
  return Math.max(...errors) - (errors[0] + errors[errors.length - 1]) / 2;
}
