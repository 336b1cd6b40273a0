// Probabilities.

export { logStablemax } from './log-stablemax.js';
export type { StablemaxOptions } from './options.js';
export { stablemax } from './stablemax.js';

// Losses.

export type { CrossEntropyOptions, Reduction, SparseCrossEntropyOptions } from './cross-entropy.js';
export { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './softmax-cross-entropy.js';
export { sparseStablemaxCrossEntropy, stablemaxCrossEntropy } from './stablemax-cross-entropy.js';

// Losses whose logits are never all there.

export {
  type LinearCrossEntropyOptions,
  linearSoftmaxCrossEntropy,
  linearStablemaxCrossEntropy,
  type RowSource,
} from './linear-cross-entropy.js';

// Diagnostics.

export {
  type CollapseOptions,
  softmaxCollapse,
  stablemaxCollapse,
  zeroLossShare,
} from './softmax-collapse.js';
