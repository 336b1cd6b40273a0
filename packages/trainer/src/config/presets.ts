import type { RunConfigInput } from './schema.js';

export interface Preset {
  readonly about: string;
  /** Learns from a text: `--text FILE`, or tiny Shakespeare. */
  readonly needsText?: boolean;
  readonly config: Omit<RunConfigInput, 'data'> & { readonly data: object };
}

/** Runs that need no config file. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  grokking: {
    about:
      'a + b mod 113 from 40 % of all pairs, with ⊥Grad: generalises within 300 epochs (Prieto et al. 2025)',
    config: {
      model: { architecture: 'mlp', hidden: [200, 200] },
      data: { kind: 'modularArithmetic', modulus: 113, operation: 'add', trainFraction: 0.4 },
      orthograd: true,
      optimizer: { name: 'adamw', learningRate: 0.01, beta2: 0.99, weightDecay: 0 },
      steps: 300,
      evaluate: { every: 20 },
      seed: 1,
    },
  },
  'shakespeare-lipschitz': {
    about:
      'a character model without layer norm under a Lipschitz bound of 16: Muon and soft caps (Newhouse et al. 2025), MaxMin',
    needsText: true,
    config: {
      model: {
        architecture: 'lipschitz',
        contextLength: 64,
        layers: 3,
        heads: 4,
        width: 128,
        activation: 'maxMin',
        attentionScale: 0,
        valueScale: 1,
        residualWeight: 0.5,
        finalScale: 16,
        headBias: true,
        scoreBias: true,
      },
      data: { kind: 'text', batchSize: 16 },
      optimizer: {
        name: 'muon',
        learningRate: 0.1,
        scale: 'rmsToRms',
        adam: { learningRate: 0.003, weightDecay: 0 },
      },
      constraint: { name: 'softCap', maxNorm: 1, perHead: true },
      embeddingMaxNorm: 1,
      schedule: { name: 'linear', floor: 0 },
      steps: 1200,
      evaluate: { every: 100, batches: 32 },
      measure: { every: 100, certifyEvery: 100 },
      seed: 1,
    },
  },
  shakespeare: {
    about: 'a small Llama on characters of a text, with Muon',
    needsText: true,
    config: {
      model: { architecture: 'llama', contextLength: 128, layers: 4, heads: 4, width: 128 },
      data: { kind: 'text', batchSize: 8 },
      optimizer: {
        name: 'muon',
        learningRate: 0.02,
        weightDecay: 0.1,
        adam: { learningRate: 0.003, beta2: 0.99, weightDecay: 0.1 },
      },
      clip: { globalNorm: 1 },
      schedule: { name: 'cosine', warmupSteps: 45, floor: 0.02 },
      steps: 900,
      evaluate: { every: 100, batches: 32 },
      seed: 1,
    },
  },
};

/** Without any choice but a text: a small model that learns to write it. */
export const TEXT_DEFAULTS = PRESETS.shakespeare;

/**
 * Without any choice but a text and a model that has learned already: AdamW with small steps. Those of {@link TEXT_DEFAULTS} would
 * first unlearn what it knows.
 */
export const FINE_TUNING: Preset = {
  about: 'a model that has learned goes on with a text, with AdamW in small steps',
  needsText: true,
  config: {
    data: { kind: 'text', batchSize: 8 },
    optimizer: { name: 'adamw', learningRate: 1e-4, weightDecay: 0.01 },
    clip: { globalNorm: 1 },
    schedule: { name: 'cosine', warmupSteps: 15, floor: 0.1 },
    steps: 300,
    evaluate: { every: 50, batches: 32 },
    seed: 1,
  },
};
