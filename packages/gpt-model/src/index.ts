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
export { parameterShapes } from './parameters.js';
export { GPT_PRESETS, type GPTPreset } from './presets.js';
export { resolveConfig } from './resolve-config.js';
