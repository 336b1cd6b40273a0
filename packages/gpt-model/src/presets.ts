import type { GPTConfig } from './config.js';

const gpt2 = (
  vocabSize: number,
  width: number,
  contextLength: number,
  layers: number,
  heads: number,
  activation: 'gelu' | 'geluTanh' = 'gelu',
): GPTConfig => ({ architecture: 'gpt2', vocabSize, contextLength, layers, heads, width, activation });

/**
 * Sizes by name: four small ones to train from scratch, and GPT-2 as published.
 *
 * `tiny` has the 65 characters of Shakespeare, the others GPT-2's 50257 tokens. The small ones use the exact
 * GELU, as nanoGPT; GPT-2 was trained with the tanh form.
 */
export const GPT_PRESETS = {
  tiny: gpt2(65, 64, 8, 4, 4),
  toy: gpt2(50257, 32, 8, 4, 4),
  compact: gpt2(50257, 192, 64, 6, 6),
  mini: gpt2(50257, 384, 256, 6, 6),
  gpt2: gpt2(50257, 768, 1024, 12, 12, 'geluTanh'),
  'gpt2-medium': gpt2(50257, 1024, 1024, 24, 16, 'geluTanh'),
  'gpt2-large': gpt2(50257, 1280, 1024, 36, 20, 'geluTanh'),
  'gpt2-xl': gpt2(50257, 1600, 1024, 48, 25, 'geluTanh'),
} as const satisfies Record<string, GPTConfig>;

export type GPTPreset = keyof typeof GPT_PRESETS;
