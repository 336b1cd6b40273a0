// Probabilities.

// Losses.
export type { CrossEntropyOptions, Reduction, SparseCrossEntropyOptions } from './cross-entropy.js';
// Losses whose logits are never all there.
export {
  type LinearCrossEntropyOptions,
  linearSoftmaxCrossEntropy,
  linearStablemaxCrossEntropy,
} from './linear-cross-entropy.js';
export { logStablemax } from './log-stablemax.js';
export type { StablemaxOptions } from './options.js';
// Diagnostics.
export { type CollapseOptions, softmaxCollapse, zeroLossShare } from './softmax-collapse.js';
export { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './softmax-cross-entropy.js';
export { stablemax } from './stablemax.js';
export { sparseStablemaxCrossEntropy, stablemaxCrossEntropy } from './stablemax-cross-entropy.js';
