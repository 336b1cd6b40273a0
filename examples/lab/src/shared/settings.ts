/** What a person chooses for a run. Texts are apart: they are large. */
export interface Settings {
  readonly task: Task;
  /** p of modular arithmetic. */
  readonly modulus: number;
  readonly model: ModelName;
  readonly size: Size;
  readonly loss: 'softmax' | 'stablemax' | 'logStablemax';
  readonly optimizer: 'adamw' | 'orthogonal-adamw' | 'grokadamw' | 'muon';
  readonly learningRate: number;
  readonly constraint: ConstraintName;
  /** What the constraint holds on to: the largest spectral norm, or for weight decay its strength. */
  readonly strength: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly seed: number;
  readonly backend: Backend;
}

type Task = 'modularArithmetic' | 'ecclesiastes' | 'shakespeare' | 'own-text';
export type ModelName = 'mlp' | 'gpt2' | 'llama' | 'lipschitz';
export type Size = 'tiny' | 'small' | 'medium' | 'large';
export type ConstraintName =
  | 'none'
  | 'decoupledWeightDecay'
  | 'softCap'
  | 'spectralCap'
  | 'hammer'
  | 'normalize';
export type Backend = 'webgpu' | 'webgl' | 'wasm';

/** A few minutes on any machine: the loss falls at once, and there is a sample soon. */
export const DEFAULTS: Settings = {
  task: 'ecclesiastes',
  modulus: 59,
  model: 'lipschitz',
  size: 'tiny',
  loss: 'softmax',
  optimizer: 'adamw',
  learningRate: 0.003,
  constraint: 'none',
  strength: 1,
  batchSize: 16,
  steps: 1000,
  seed: 0,
  backend: 'wasm',
};

/** What numbers may be. */
export const RANGES = {
  modulus: { min: 2, max: 257, step: 1 },
  learningRate: { min: 0, max: 10, step: 'any' },
  strength: { min: 0, max: 1000, step: 'any' },
  batchSize: { min: 1, max: 1024, step: 1 },
  steps: { min: 1, max: 1_000_000, step: 1 },
  seed: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const satisfies { [Name in keyof Settings]?: Range };

export interface Range {
  readonly min: number;
  readonly max: number;
  /** `any`: it need not be whole. */
  readonly step: 1 | 'any';
}

/** Learning rates that each optimizer is usually begun with. */
export const LEARNING_RATES: Readonly<Record<Settings['optimizer'], number>> = {
  adamw: 0.003,
  'orthogonal-adamw': 0.003,
  grokadamw: 0.003,
  muon: 0.05,
};

/** A strength that each constraint is usually begun with; none has none. */
export const STRENGTHS: Readonly<Record<ConstraintName, number | undefined>> = {
  none: undefined,
  decoupledWeightDecay: 0.1,
  softCap: 2,
  spectralCap: 2,
  hammer: 1,
  normalize: 1,
};

/** Blocks and width of a transformer, or an MLP's hidden layers: `2 × 64`. */
export const shapeOf = (size: Size, model: ModelName): string =>
  model === 'mlp' ? SIZES[size].hidden.join(' × ') : `${SIZES[size].layers} × ${SIZES[size].width}`;

/** Blocks, heads, width and context of a transformer; layers and width of an MLP. */
export const SIZES: Readonly<
  Record<
    Size,
    { layers: number; heads: number; width: number; contextLength: number; hidden: readonly number[] }
  >
> = {
  tiny: { layers: 1, heads: 2, width: 32, contextLength: 32, hidden: [64] },
  small: { layers: 2, heads: 4, width: 64, contextLength: 64, hidden: [200, 200] },
  medium: { layers: 4, heads: 4, width: 128, contextLength: 64, hidden: [400, 400] },
  large: { layers: 6, heads: 6, width: 384, contextLength: 128, hidden: [800, 800, 800] },
};
