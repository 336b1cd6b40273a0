// Along a path between two models.

export { barrier } from './barrier.js';
export type { Batches } from './batches.js';
export { errorAlongPath, type Path } from './error-along-path.js';
export type { Measure } from './measure.js';
export type { PathOptions } from './path-options.js';

// Twins that are forked while a model trains.

export { instabilityAnalysis } from './instability-analysis.js';
export type { Instability, InstabilityOptions, TwinRun } from './instability-options.js';

// A model's weights: out, in, and combined.

export type { Weights } from './check-weights.js';
export { copyWeights, loadWeights, type Variables } from './live-model.js';
export { type AverageWeightsOptions, averageWeights, distance, interpolate } from './weights.js';

// Models that were trained apart, brought together.

export { type Alignment, type AlignOptions, align, permute, type Sweep } from './align/align.js';
export { type DenseLayer, type DenseOptions, denseSymmetries } from './align/dense-symmetries.js';
export { linearSumAssignment } from './align/linear-sum-assignment.js';
export { type ActivationPair, matchActivations } from './align/match-activations.js';
export type { Permutation, Permutations, Slice, Symmetry } from './align/symmetry.js';

// Several models made into one.

export {
  type DareOptions,
  dare,
  type MergeOptions,
  type TiesOptions,
  taskArithmetic,
  ties,
} from './merge/from-base.js';
export { slerp } from './merge/slerp.js';
export type { Rescale } from './merge/thin-out.js';
