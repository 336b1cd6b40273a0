export { barrier } from './barrier.js';
export {
  type Batches,
  errorAlongPath,
  type Measure,
  type Path,
  type PathOptions,
} from './error-along-path.js';
export {
  type Instability,
  type InstabilityOptions,
  instabilityAnalysis,
  type Run,
} from './instability-analysis.js';
export { copyWeights, loadWeights, type Variables } from './live-model.js';
export { averageWeights, distance, interpolate, type Weights } from './weights.js';
