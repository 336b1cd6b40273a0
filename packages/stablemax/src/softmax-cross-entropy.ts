import { checkOptions, KERNELS } from '@evenkeel/ops';
import { logSoftmax, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  type CrossEntropyOptions,
  crossEntropy,
  DENSE_OPTIONS,
  SPARSE_OPTIONS,
  type SparseCrossEntropyOptions,
  sparseCrossEntropy,
} from './cross-entropy.js';

/**
 * Cross-entropy in nats of softmax probabilities: the baseline to compare StableMax with.
 *
 *     L = −Σⱼ yⱼ (xⱼ − m − log Σₖ exp(xₖ − m))          m = max x; averaged over the examples
 *
 * Computed as everywhere, in float32: once the largest logit leads by about 17, the gradient at the
 * right class is exactly zero. {@link softmaxCollapse} counts how often.
 *
 * @param onehotLabels Target probabilities y, in the shape of `logits`.
 * @param logits Scores x, shape `[..., classes]`.
 * @param options `reduction`: 'mean' (default), 'sum' or 'none'.
 * @throws If shapes do not fit or an option is unknown.
 */
export function softmaxCrossEntropy(
  onehotLabels: Tensor,
  logits: Tensor,
  options: CrossEntropyOptions = {},
): Scalar {
  checkOptions('softmaxCrossEntropy', options, DENSE_OPTIONS);
  return crossEntropy('softmaxCrossEntropy', onehotLabels, logits, overClasses, options) as Scalar;
}

/**
 * {@link softmaxCrossEntropy} for class numbers.
 *
 * @param labels int32, in the shape of `logits` without its last axis, each 0 … classes − 1.
 * @param logits Scores x, shape `[..., classes]`.
 * @param options `ignoreIndex`: examples with this label count for nothing (if all do, the loss is 0);
 *     `reduction` as above.
 * @throws If shapes or dtype do not fit, an option is out of range, or a label is: on GPU backends,
 *     where reading labels back would stall every step, the loss is NaN instead.
 */
export function sparseSoftmaxCrossEntropy(
  labels: Tensor,
  logits: Tensor,
  options: SparseCrossEntropyOptions = {},
): Scalar {
  checkOptions('sparseSoftmaxCrossEntropy', options, SPARSE_OPTIONS);
  return sparseCrossEntropy('sparseSoftmaxCrossEntropy', labels, logits, SPARSE, options) as Scalar;
}

const overClasses = (x: Tensor): Tensor => logSoftmax(x, -1);

const SPARSE = {
  logProbabilities: overClasses,
  kernels: { losses: KERNELS.softmaxCrossEntropy, gradient: KERNELS.softmaxCrossEntropyGrad },
};
