import type { GPTConfig } from '@evenkeel/gpt-model';

/** Everything that decides a run, apart from text and seed. */
export interface Settings {
  /**
   * `published`: Modula's transformer without norm layers, as it is. `bounded`: with our options, which cost no bound: a
   * learned score bias per head and distance, an output bias from frequencies, and constants that suit norms of 1.
   * `gpt`: GPT-2's, with layer norm, for which no bound is known.
   */
  model: 'published' | 'bounded' | 'gpt';
  /** Multiplies the logits, and with them the Lipschitz constant. */
  finalScale: number;
  optimizer: 'muon' | 'adamw';
  constraint: 'none' | 'soft-cap' | 'soft-cap-per-head' | 'hammer';
  /** The cap on the RMS→RMS norm of every matrix in the blocks; the head's and the embedding's is 1. */
  maxNorm: number | null;
  /** Largest step: of Muon as an RMS→RMS norm, or AdamW's. */
  learningRate: number;
  weightDecay: number;
  /** Characters trained on. */
  tokens: number;
}

export const CONTEXT = 128;
export const BATCH = 16;
export const HEADS = 4;

const SIZE = { contextLength: CONTEXT, layers: 3, heads: HEADS, width: 128 } as const;

/** The model's config. */
export function configOf({ model, finalScale }: Settings, vocabSize: number): GPTConfig {
  const size = { vocabSize, ...SIZE };
  if (model === 'gpt') return { architecture: 'gpt2', ...size };
  const published = { architecture: 'lipschitz', ...size, finalScale } as const;
  if (model === 'published') return published;
  return {
    ...published,
    scoreBias: true,
    headBias: true,
    attentionScale: 0.25 / (SIZE.width / SIZE.heads),
    valueScale: 2 / 3,
    residualWeight: 0.4,
  };
}
