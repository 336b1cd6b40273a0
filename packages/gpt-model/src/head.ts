import { logStablemax, stablemax } from '@evenkeel/stablemax';
import { softmax, type Tensor } from '@tensorflow/tfjs-core';
import type { Head } from './config.js';

/**
 * What a head makes of logits.
 *
 *     softmax, stablemax    probabilities
 *     logStablemax          log-probabilities, for a loss that takes them
 *
 * @param logits Shape `[..., tokens]`.
 * @returns The shape of `logits`.
 */
export function applyHead(head: Head, logits: Tensor): Tensor {
  switch (head) {
    case 'softmax':
      return softmax(logits);
    case 'stablemax':
      return stablemax(logits);
    case 'logStablemax':
      return logStablemax(logits);
  }
}
