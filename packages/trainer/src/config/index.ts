export { assignWeights } from './assign-weights.js';
export { type ConfiguredData, type DataOptions, dataOf } from './data-of.js';
export { ExampleBatches } from './example-batches.js';
export { IGNORED, lossOf } from './loss-of.js';
export { countedAccuracy } from './measures.js';
export { Mlp, type MlpOptions } from './mlp.js';
export { modelOf } from './model-of.js';
export { ConfiguredOptimizer, optimizerOf } from './optimizer-of.js';
export { scheduleOf } from './schedule-of.js';
export {
  parseRunConfig,
  type RunConfig,
  type RunConfigInput,
  runConfigJsonSchema,
  runConfigSchema,
} from './schema.js';
export {
  buildRun,
  type ConfiguredResult,
  type RunParts,
  type TrainFromConfigOptions,
  trainFromConfig,
} from './train-from-config.js';
