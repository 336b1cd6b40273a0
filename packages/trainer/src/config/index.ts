export { type BuildRunOptions, buildRun, type RunParts, type SourceRun } from '../build-run.js';
export {
  type BackendOptions,
  describedTokenizer,
  parseRunFile,
  type RunFile,
  runFileText,
} from '../folder/run-file.js';
export { assignWeights, checkSameRun } from '../parts/assign-weights.js';
export { type ConfiguredData, type DataOptions, dataOf } from '../parts/data-of.js';
export { ExampleBatches } from '../parts/example-batches.js';
export { IGNORED, lossOf } from '../parts/loss-of.js';
export { Mlp, type MlpOptions } from '../parts/mlp.js';
export { modelOf } from '../parts/model-of.js';
export { ConfiguredOptimizer, optimizerOf } from '../parts/optimizer-of.js';
export { scheduleOf } from '../parts/schedule-of.js';
export { isTokenizerFile, TOKENIZER_NAMES, tokenizerNamed } from '../parts/tokenizer-named.js';
export { type Writing, writingOf } from '../parts/writing.js';
export { type ConfiguredResult, type TrainFromConfigOptions, trainFromConfig } from '../train-from-config.js';
export { type TrainRunOptions, trainRun } from '../train-run.js';
export { UsageError } from '../usage-error.js';
export { closest } from './closest.js';
export { choiceOf, type Field, runConfigFields } from './fields.js';
export { fieldMeant, remarkOn } from './other-names.js';
export { type Override, type RawConfig, withOverrides } from './overrides.js';
export { PRESETS, type Preset } from './presets.js';
export {
  parseRunConfig,
  type RunConfig,
  type RunConfigInput,
  runConfigJsonSchema,
  runConfigSchema,
} from './schema.js';
