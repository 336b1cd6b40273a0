export { GrokAdamW, type GrokAdamWOptions, type GrokAdamWTransform, grokAdamW } from './grok-adamw.js';
export { type GrokfastEmaOptions, grokfastEma } from './grokfast-ema.js';
export { type GrokfastMaOptions, grokfastMa } from './grokfast-ma.js';
export { layerFromName } from './layer-from-name.js';
export { type LayeredModel, layersOf } from './layers-of.js';
export { type GrokkingSignal, lossGapSignal } from './signals.js';
