import { checkOptions, KERNELS } from '@evenkeel/ops';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import {
  type CrossEntropyOptions,
  crossEntropy,
  DENSE_OPTIONS,
  SPARSE_OPTIONS,
  type SparseCrossEntropyOptions,
  sparseCrossEntropy,
} from './cross-entropy.js';
import { logStablemax } from './log-stablemax.js';
import { checkStablemaxOptions, STABLEMAX_OPTIONS, type StablemaxOptions } from './options.js';

/**
 * Cross-entropy in nats of StableMax probabilities. Takes the place of `tf.losses.softmaxCrossEntropy`,
 * also as the `loss` of `model.compile`, on logits.
 *
 *     L = −Σⱼ yⱼ log stablemax(x)ⱼ          averaged over the examples
 *
 * Its gradient does not vanish once a model fits its data, where that of softmax does in float32.
 *
 * @param onehotLabels Target probabilities y, in the shape of `logits`.
 * @param logits Scores x, shape `[..., classes]`.
 * @param options `reduction`: 'mean' (default), 'sum' or 'none', which gives the shape of `logits`
 *     without its last axis; `clampMin` and `epsilon` as in {@link logStablemax}.
 * @throws If shapes do not fit or an option is out of range.
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025, section 4.
 *     https://arxiv.org/abs/2501.04697
 */
export function stablemaxCrossEntropy(
  onehotLabels: Tensor,
  logits: Tensor,
  options: CrossEntropyOptions & StablemaxOptions = {},
): Scalar {
  checkOptions('stablemaxCrossEntropy', options, { ...DENSE_OPTIONS, ...STABLEMAX_OPTIONS });
  const { clampMin, epsilon } = options;
  checkStablemaxOptions('stablemaxCrossEntropy', options);
  const logProbabilities = (x: Tensor) => logStablemax(x, -1, { clampMin, epsilon });
  return crossEntropy('stablemaxCrossEntropy', onehotLabels, logits, logProbabilities, options) as Scalar;
}

/**
 * {@link stablemaxCrossEntropy} for class numbers.
 *
 *     L = −log stablemax(x)_label          averaged over the examples that are not ignored
 *
 * @param labels int32, in the shape of `logits` without its last axis, each 0 … classes − 1.
 * @param logits Scores x, shape `[..., classes]`.
 * @param options `ignoreIndex`: examples with this label count for nothing (if all do, the loss is 0);
 *     the others as in {@link stablemaxCrossEntropy}.
 * @throws If shapes or dtype do not fit, an option is out of range, or a label is: on GPU backends,
 *     where reading labels back would stall every step, the loss is NaN instead.
 */
export function sparseStablemaxCrossEntropy(
  labels: Tensor,
  logits: Tensor,
  options: SparseCrossEntropyOptions & StablemaxOptions = {},
): Scalar {
  checkOptions('sparseStablemaxCrossEntropy', options, { ...SPARSE_OPTIONS, ...STABLEMAX_OPTIONS });
  const { clampMin, epsilon } = options;
  const isPlain = clampMin === undefined && !epsilon;
  const loss = {
    logProbabilities: (x: Tensor) => logStablemax(x, -1, { clampMin, epsilon }),
    kernels: isPlain ? KERNEL_PAIR : undefined,
  };
  checkStablemaxOptions('sparseStablemaxCrossEntropy', options);
  return sparseCrossEntropy('sparseStablemaxCrossEntropy', labels, logits, loss, options) as Scalar;
}

const KERNEL_PAIR = { losses: KERNELS.stablemaxCrossEntropy, gradient: KERNELS.stablemaxCrossEntropyGrad };
