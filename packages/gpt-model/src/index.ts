export { KeyValueCache } from './cache.js';
export type {
  Activation,
  Architecture,
  GPTConfig,
  Head,
  Norm,
  Position,
  ResolvedConfig,
  RotaryScaling,
} from './config.js';
export { type FilterOptions, filterLogits } from './filter-logits.js';
export { type GenerateOptions, generate } from './generate.js';
export { type ForwardOptions, GPT, type GPTOptions, type Tokens } from './gpt.js';
export { applyHead } from './head.js';
export type { Initialize } from './initialize.js';
export type { LoadOptions } from './loading/load.js';
export { type HubOptions, type ModelFiles, type ModelSource, modelFiles } from './loading/model-files.js';
export type { SaveModelOptions } from './loading/save.js';
export { MODEL_PRESETS, type ModelPreset } from './model-presets.js';
export { parameterShapes } from './parameters.js';
export type { Observe } from './pass.js';
export { GPT_PRESETS, type GPTPreset } from './presets.js';
export { resolveConfig } from './resolve-config.js';
export type { Decode, Stop } from './stop.js';
