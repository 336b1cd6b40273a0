import type { GPTConfig } from '@evenkeel/gpt-model';

/** Everything that decides a run, apart from text and seed. */
export interface Settings {
  /** Modula's transformer without norm layers, or GPT-2's with layer norm, for which no bound is known. */
  architecture: 'lipschitz' | 'gpt2';
  /** What is otherwise than the architecture has it. */
  choices: Omit<Partial<GPTConfig>, 'finalScale'>;
  /** Multiplies the logits, and with them the Lipschitz constant. */
  finalScale: number;
  optimizer: 'muon' | 'adamw';
  constraint: 'none' | 'soft-cap' | 'soft-cap-per-head' | 'hammer';
  /** The cap on the RMS→RMS norm of every matrix in the blocks; the head's and the embedding's is 1. */
  maxNorm: number | null;
  /** Largest step: of Muon in the blocks, as an RMS→RMS norm, or AdamW's everywhere. */
  learningRate: number;
  /** With Muon: its β, and the largest steps beside it, of head and embedding, as norm and RMS, and of biases, which AdamW takes. */
  muon?: { momentum: number; tables: number; biases: number };
  weightDecay: number;
  /** The share of the run after which steps get smaller, in a line to 0. Default 0.6. */
  decayFrom?: number;
  /** Windows of text a step. */
  batchSize: number;
  /** Characters trained on. */
  tokens: number;
}

export const CONTEXT = 128;
export const HEADS = 4;

/** The model's config. */
export const configOf = ({ architecture, choices, finalScale }: Settings, vocabSize: number): GPTConfig => ({
  ...{ architecture, vocabSize, contextLength: CONTEXT, layers: 3, heads: HEADS, width: 128 },
  ...choices,
  finalScale,
});
