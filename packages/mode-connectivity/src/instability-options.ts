import type { Optimizer } from '@tensorflow/tfjs-core';
import type { Path } from './error-along-path.js';
import type { PathOptions } from './path-options.js';

/** In which order the data comes: that of the common beginning, or that of one of the twins. */
export type TwinRun = 'common' | 'twin-a' | 'twin-b';

export interface InstabilityOptions<Batch> extends Omit<PathOptions<Batch>, 'onProgress'> {
  /** Trains the live model. Its state is saved at each fork and restored for each twin. */
  optimizer: Optimizer;
  /**
   * One training step of the live model. The order of the data must depend on `run` and `step` alone, such as a batch
   * drawn with a seed of both: then the twins differ in nothing else.
   */
  trainStep: (run: TwinRun, step: number) => void | Promise<void>;
  /** Steps that each model trains in all, ≥ 1. */
  steps: number;
  /**
   * The steps after which twins are forked, each in [0, steps]; 0 forks the model as it is now. Give this or `fromStep`.
   */
  fromSteps?: number | readonly number[];
  /** The step of a single fork, in the place of `fromSteps`. */
  fromStep?: number;
  /** Called with each result as soon as it is known, and awaited. Results that are kept here survive an abort. */
  onResult?: (result: Instability) => void | Promise<void>;
  /** Results of the same analysis that `onResult` gave before it was stopped. Their twins are not trained again. */
  finished?: readonly Instability[];
  /** Called after each training step and each point of a path. */
  onProgress?: (progress: { fromStep: number; run: TwinRun | 'path'; done: number; total: number }) => void;
}

/** Twins forked after `fromStep` steps. Plain JSON. */
export interface Instability extends Path {
  readonly fromStep: number;
}
