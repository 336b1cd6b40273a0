export type { TensorData } from './decode.js';
export type { StoredFloat } from './encode.js';
export type { TensorInfo } from './header.js';
export { matchByName, type NamedShape } from './match-by-name.js';
export { modelName, pairBuilds, relativeName } from './relative-name.js';
export { openSafetensors, type TensorStore } from './safetensors-file.js';
export { encodeSafetensors, type Lazy, type SaveOptions, saveSafetensors } from './save.js';
export { openSharded } from './sharded.js';
export { type Json, JsonNumber, parseStrictJson } from './strict-json.js';
