import { cast, getBackend, notEqual, type Scalar, sum, type Tensor, tidy, util } from '@tensorflow/tfjs-core';

/** Whether tensors live in the memory of the host, so that reading labels waits for nothing. */
export const labelsAreReadable = (): boolean => ['cpu', 'wasm', 'tensorflow'].includes(getBackend());

/**
 * Checks class numbers against their logits.
 *
 * Values are checked where tensors live on the host. On a GPU that would wait for it at every step:
 * there the loss of a label out of range is NaN.
 *
 * @throws If shape or dtype do not fit, or a label is out of range.
 */
export function checkLabels(
  caller: string,
  labels: Tensor,
  logits: Pick<Tensor, 'shape' | 'rank'>,
  ignoreIndex?: number,
): void {
  util.assert(
    logits.rank >= 1 && util.arraysEqual(labels.shape, logits.shape.slice(0, -1)),
    () =>
      `${caller}: labels have shape [${labels.shape}] and logits [${logits.shape}], expected labels [...] and ` +
      `logits [..., classes]. For one-hot labels use the loss without 'sparse'.`,
  );
  requireClasses(caller, logits);
  util.assert(
    labels.dtype === 'int32',
    () => `${caller}: labels have dtype ${labels.dtype}, expected int32. Try tf.cast(labels, 'int32').`,
  );
  util.assert(
    ignoreIndex === undefined || Number.isInteger(ignoreIndex),
    () => `${caller}: ignoreIndex is ${ignoreIndex}, expected a whole number. The usual one is -100.`,
  );
  if (!labelsAreReadable()) return;
  const classes = logits.shape[logits.rank - 1];
  const values = labels.dataSync();
  for (let i = 0; i < values.length; i++) {
    if ((values[i] >= 0 && values[i] < classes) || values[i] === ignoreIndex) continue;
    throw new Error(
      `${caller}: label ${i} is ${values[i]}, expected 0 to ${classes - 1}` +
        `${ignoreIndex === undefined ? '' : ` or ignoreIndex ${ignoreIndex}`}. Are there more classes than logits?`,
    );
  }
}

/** @throws If there is no class at all, for which there are no probabilities. */
export function requireClasses(caller: string, logits: Pick<Tensor, 'shape' | 'rank'>): void {
  util.assert(
    logits.shape[logits.rank - 1] > 0,
    () =>
      `${caller}: logits have shape [${logits.shape}], expected at least one class in the last axis. Check the model's head.`,
  );
}

/** How many labels are not ignored: a number where that needs no waiting for a GPU. */
export function countedLabels(labels: Tensor, ignoreIndex?: number): number | Scalar {
  if (ignoreIndex === undefined) return labels.size;
  if (!labelsAreReadable()) return tidy(() => sum<Scalar>(cast(notEqual(labels, ignoreIndex), 'float32')));
  let count = 0;
  for (const label of labels.dataSync()) if (label !== ignoreIndex) count++;
  return count;
}
