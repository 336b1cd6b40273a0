export { countedBytes } from './counted-bytes.js';
export { describeEdges, type Edge } from './describe-edges.js';
export { describeOnBackends, describeOnBackendsAndKernels } from './describe-on-backends.js';
export { describeTransform, optimizerOf } from './describe-transform.js';
export { expectClose, type Tolerance } from './expect-close.js';
export { expectGradientMatchesDifferences } from './finite-differences.js';
export { type GoldenCase, type GoldenTensor, goldenCases } from './golden.js';
export { recordFault } from './reliability/record-fault.js';
