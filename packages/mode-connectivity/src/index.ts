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
export { averageWeights, distance, interpolate } from './weights.js';
