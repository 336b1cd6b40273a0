// Tasks.

export {
  type ModularArithmeticOptions,
  type ModularExamples,
  modularArithmetic,
  type Operation,
} from './modular-arithmetic.js';
export { type ParityExamples, type SparseParityOptions, sparseParity } from './sparse-parity.js';

// The form they share, and taking parts of it.

export type { Examples } from './examples.js';
export { selectExamples } from './select-examples.js';
export { type Split, type SplitOptions, trainTestSplit } from './train-test-split.js';

// Tensors for plain networks.

export { bitInputs } from './bit-inputs.js';
export { labelTensor, oneHotLabels } from './labels.js';
export { oneHotInputs } from './one-hot-inputs.js';

// Tensors for transformers.

export { type TokenTargetsOptions, tokenSequences, tokenTargets, vocabulary } from './token-sequences.js';
