export * from '@evenkeel/loop';

export { type BuildRunOptions, buildRun, type RunParts, type SourceRun } from './build-run.js';
export {
  parseRunConfig,
  type RunConfig,
  type RunConfigInput,
  runConfigJsonSchema,
} from './config/schema.js';
export { type ConfiguredResult, type TrainFromConfigOptions, trainFromConfig } from './train-from-config.js';
export { type TrainRunOptions, trainRun } from './train-run.js';
