import { checkOptions } from '@evenkeel/ops';
import {
  cast,
  div,
  equal,
  exp,
  max,
  maximum,
  mul,
  notEqual,
  type Scalar,
  scalar,
  sub,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { checkLabels, countedLabels } from './labels.js';
import { meanOver } from './mean-over.js';
import { checkStablemaxOptions, STABLEMAX_OPTIONS, type StablemaxOptions } from './options.js';
import { sparseSoftmaxCrossEntropy } from './softmax-cross-entropy.js';
import { stablemax } from './stablemax.js';

export interface CollapseOptions {
  /** Examples with this label do not count. Default: none. */
  ignoreIndex?: number;
}

/**
 * The share of examples whose softmax has collapsed: all but the largest exponential are lost in the sum.
 *
 *     mean over labels that count of [ Σⱼ exp(xⱼ − max x) = 1 in float32 ]
 *
 * If the largest logit is the label's, the gradient there is then exactly zero. The gradients at other classes
 * are tiny, but not zero before a lead of about 103.
 *
 * @param labels int32, in the shape of `logits` without its last axis. A collapsed example counts whether
 *     its label is right or not; those that are ignored are left out.
 * @param logits Scores, shape `[..., classes]`.
 * @returns A scalar from 0 to 1, 0 if no label counts. It says over how many labels it is, as the losses do.
 * @throws If shapes or dtype do not fit or a label is out of range.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 3.
 *     https://arxiv.org/abs/2501.04697
 */
export function softmaxCollapse(labels: Tensor, logits: Tensor, options: CollapseOptions = {}): Scalar {
  checkOptions('softmaxCollapse', options, OPTIONS);
  const { ignoreIndex } = options;
  checkLabels('softmaxCollapse', labels, logits, ignoreIndex);
  const isCollapsed = () => equal(sum(exp(sub(logits, max(logits, -1, true))), -1), 1);
  return shareOf(isCollapsed, labels, ignoreIndex);
}

/**
 * The share of examples whose StableMax has collapsed: what {@link softmaxCollapse} is to softmax.
 *
 *     mean over labels that count of [ maxⱼ stablemax(x)ⱼ = 1 in float32 ]
 *
 * That takes a lead of about 10⁷, where softmax collapses at one of 17. The gradient is not exactly zero even then: the loss
 * is accurate where a probability rounds to 1.
 *
 * @param labels As in {@link softmaxCollapse}.
 * @param logits Scores, shape `[..., classes]`.
 * @param options `clampMin` and `epsilon` of the loss, so that it is the collapse of that very loss; `ignoreIndex`.
 * @returns A scalar from 0 to 1, 0 if no label counts. It says over how many labels it is, as the losses do.
 * @throws If shapes or dtype do not fit, an option is out of range, or a label is.
 */
export function stablemaxCollapse(
  labels: Tensor,
  logits: Tensor,
  options: CollapseOptions & StablemaxOptions = {},
): Scalar {
  checkOptions('stablemaxCollapse', options, { ...OPTIONS, ...STABLEMAX_OPTIONS });
  checkStablemaxOptions('stablemaxCollapse', options);
  const { ignoreIndex, ...guards } = options;
  checkLabels('stablemaxCollapse', labels, logits, ignoreIndex);
  return shareOf(() => equal(max(stablemax(logits, -1, guards), -1), 1), labels, ignoreIndex);
}

/**
 * The share of examples whose float32 softmax loss is exactly zero: nothing is left to learn from them.
 *
 *     mean over labels that count of [ −log softmax(x)_label = 0 in float32 ]
 *
 * @param labels int32, in the shape of `logits` without its last axis.
 * @param logits Scores, shape `[..., classes]`.
 * @returns A scalar from 0 to 1, 0 if no label counts. It says over how many labels it is, as the losses do.
 * @throws If shapes or dtype do not fit or a label is out of range.
 */
export function zeroLossShare(labels: Tensor, logits: Tensor, options: CollapseOptions = {}): Scalar {
  checkOptions('zeroLossShare', options, OPTIONS);
  const { ignoreIndex } = options;
  checkLabels('zeroLossShare', labels, logits, ignoreIndex);
  const isZero = () =>
    equal(sparseSoftmaxCrossEntropy(labels, logits, { ignoreIndex, reduction: 'none' }), 0);
  return shareOf(isZero, labels, ignoreIndex);
}

/** The share of true entries, among those whose label is not ignored. */
function shareOf(hits: () => Tensor, labels: Tensor, ignoreIndex: number | undefined): Scalar {
  const count = () => countedLabels(labels, ignoreIndex);
  if (labels.size === 0) return meanOver(scalar(0), count);
  const share = tidy(() => {
    const hit = cast(hits(), 'float32');
    const counted =
      ignoreIndex === undefined ? hit : mul(hit, cast(notEqual(labels, ignoreIndex), 'float32'));
    return div<Scalar>(sum(counted), maximum(count(), 1));
  });
  return meanOver(share, count);
}

const OPTIONS: Record<keyof CollapseOptions, true> = { ignoreIndex: true };
