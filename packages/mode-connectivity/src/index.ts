export { barrier } from './barrier.js';
export type { Batches } from './batches.js';
export type { Weights } from './check-weights.js';
export { errorAlongPath, type Path } from './error-along-path.js';
export {
  type Instability,
  type InstabilityOptions,
  instabilityAnalysis,
  type Run,
} from './instability-analysis.js';
export { copyWeights, loadWeights, type Variables } from './live-model.js';
export type { Measure } from './measure.js';
export type { PathOptions } from './path-options.js';
export { averageWeights, distance, interpolate } from './weights.js';
