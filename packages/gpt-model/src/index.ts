export type { Adapter } from './adapters/adapting.js';
export { type LoadLoraOptions, Lora, type LoraOptions } from './adapters/lora.js';
export type { LoraConfig } from './adapters/lora-config.js';
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
export type { GenerationDefaults } from './generation-defaults.js';
export { type ForwardOptions, GPT, type GPTOptions, type LossOptions, type Tokens } from './gpt.js';
export { applyHead } from './head.js';
export type { Initialize } from './initialize.js';
export type { LoadOptions } from './loading/load.js';
export type { FindFile, ModelFolder } from './loading/model-folder.js';
export { MODEL_MANIFEST, writeModelManifest } from './loading/model-manifest.js';
export type { HubOptions, ModelSource, OpenOptions } from './loading/model-source.js';
export { openModelFolder } from './loading/open-model-folder.js';
export type { ModelFiles, SaveModelOptions } from './loading/save.js';
export { MODEL_PRESETS, type ModelPreset } from './model-presets.js';
export { parameterShapes } from './parameters.js';
export type { Observe } from './pass.js';
export { GPT_PRESETS, type GPTPreset } from './presets.js';
export type { Published } from './published.js';
export { resolveConfig } from './resolve-config.js';
export type { Decode, Stop } from './stop.js';
export { gptSymmetries, type SymmetryOptions, type UnitSlice, type UnitSymmetry } from './symmetries.js';
