import { any, equal, tidy } from '@tensorflow/tfjs-core';
import { type Batch, tensorsIn } from './batch.js';

/** The label that counts for nothing, in PyTorch and here, where nothing else is said. */
export const IGNORED = -100;

export type IgnoredLabelsWarning = (batch: Batch) => Promise<void>;

/**
 * Whether a plain mean of these targets may be one over labels, some of which are ignored: then a batch with few labels
 * weighs too much among others.
 */
async function hasIgnored({ targets }: Batch): Promise<boolean> {
  for (const labels of tensorsIn(targets)) {
    if (labels.dtype !== 'int32' || labels.size === 0) continue;
    const found = tidy(() => any(equal(labels, IGNORED)));
    const [isThere] = await found.data();
    found.dispose();
    if (isThere) return true;
  }
  return false;
}

/** Warns, once, of targets that a loss which does not say its count may ignore. */
export function ignoredLabelsWarning(): IgnoredLabelsWarning {
  let hasWarned = false;
  return async (batch) => {
    if (hasWarned || !(await hasIgnored(batch))) return;
    hasWarned = true;
    console.warn(
      `train: targets hold ${IGNORED}, for labels that are ignored, but the loss does not say how many it counted, so ` +
        'labels of batches with few of them weigh too much. Return { sum, count }; where the loss is made of one of ' +
        '@evenkeel/stablemax, as with a penalty, return counted(loss, thatOne).',
    );
  };
}
