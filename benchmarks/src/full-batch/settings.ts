import type { Operation } from '@evenkeel/data';

/** A task that fits into one batch. */
export type Task =
  | { kind: 'modular'; operation: Operation; modulus: number; trainFraction: number }
  | { kind: 'parity'; bits: number; parityBits: number; examples: number; trainFraction: number };

/** Biasless perceptron, or the transformer without norms of Nanda et al. that the paper uses. */
export type Network =
  | { kind: 'mlp'; hidden: readonly number[] }
  | { kind: 'transformer'; layers: number; heads: number; width: number };

export type LossName = 'softmax' | 'softmax-float64' | 'stablemax';
export type OptimizerName = 'adamw' | 'orthograd' | 'grokadamw' | 'grokfast-ema' | 'grokfast-ma';

/** Everything that decides a full-batch run, apart from the seed. */
export interface Settings {
  task: Task;
  network: Network;
  loss: LossName;
  optimizer: OptimizerName;
  learningRate: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  epochs: number;
  /** Test accuracy that counts as having generalised. */
  threshold: number;
  /** Ends as soon as the threshold is reached. */
  stopsThere: boolean;
  /** Train with @evenkeel/wasm-kernels, or with tfjs's own. */
  kernels: 'evenkeel' | 'tfjs';
}
