import {
  cast,
  div,
  equal,
  exp,
  max,
  maximum,
  mean,
  mul,
  notEqual,
  type Scalar,
  sub,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { checkLabels } from './labels.js';
import { sparseSoftmaxCrossEntropy } from './softmax-cross-entropy.js';

export interface CollapseOptions {
  /** Examples with this label do not count. Default: none. */
  ignoreIndex?: number;
}

/**
 * The share of examples whose softmax has collapsed: all but the largest exponential are lost in the sum.
 *
 *     mean over examples of [ Σⱼ exp(xⱼ − max x) = 1 in float32 ]
 *
 * If the largest logit is the label's, the gradient there is then exactly zero. The gradients at other classes
 * are tiny, but not zero before a lead of about 103.
 *
 * @param logits Scores, shape `[..., classes]`.
 * @param labels int32, in the shape of `logits` without its last axis. A collapsed example counts whether
 *     its label is right or not; labels are needed only to leave some out, by `ignoreIndex`.
 * @returns A scalar from 0 to 1.
 * @throws If shapes or dtype do not fit or a label is out of range.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 3.
 *     https://arxiv.org/abs/2501.04697
 */
export function softmaxCollapse(
  logits: Tensor,
  labels?: Tensor,
  { ignoreIndex }: CollapseOptions = {},
): Scalar {
  if (labels) checkLabels('softmaxCollapse', labels, logits, ignoreIndex);
  return tidy(() => {
    const sumOfExponentials = sum(exp(sub(logits, max(logits, -1, true))), -1);
    return shareOf(equal(sumOfExponentials, 1), labels, ignoreIndex);
  });
}

/**
 * The share of examples whose float32 softmax loss is exactly zero: nothing is left to learn from them.
 *
 *     mean over examples of [ −log softmax(x)_label = 0 in float32 ]
 *
 * @param logits Scores, shape `[..., classes]`.
 * @param labels int32, in the shape of `logits` without its last axis.
 * @returns A scalar from 0 to 1.
 * @throws If shapes or dtype do not fit or a label is out of range.
 */
export function zeroLossShare(logits: Tensor, labels: Tensor, { ignoreIndex }: CollapseOptions = {}): Scalar {
  return tidy(() => {
    const losses = sparseSoftmaxCrossEntropy(labels, logits, { ignoreIndex, reduction: 'none' });
    return shareOf(equal(losses, 0), labels, ignoreIndex);
  });
}

/** The share of true entries, among those whose label is not ignored. */
function shareOf(hits: Tensor, labels: Tensor | undefined, ignoreIndex: number | undefined): Scalar {
  const hit = cast(hits, 'float32');
  if (!labels || ignoreIndex === undefined) return mean(hit);
  const counted = cast(notEqual(labels, ignoreIndex), 'float32');
  return div(sum(mul(hit, counted)), maximum(sum(counted), 1));
}
