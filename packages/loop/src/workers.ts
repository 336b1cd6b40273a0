import type { Batch } from './batch.js';
import type { Gradients, LossOfBatch } from './gradients.js';
import type { ForwardOptions } from './model.js';

/** Threads that share each batch among them. */
export interface WorkersOptions {
  /** How many threads compute gradients, this one included. */
  readonly count: number;
  /**
   * What the others run: a module that builds the same model and loss and calls `train` with them. Default this program
   * once more, from its beginning to its call of `train`.
   */
  readonly script?: string | URL;
  /** What the script finds in `process.argv` behind the first two. Default what this program does. */
  readonly argv?: readonly string[];
}

/** Gradients of whole batches, computed in parts. */
export interface GradientPool {
  gradientsOf(batch: Batch, loss: LossOfBatch, options: ForwardOptions): Promise<Gradients>;
  close(): Promise<unknown>;
}

/** The option `workers` with its defaults. */
export const workersOf = ({ workers = 1 }: { workers?: number | WorkersOptions }): WorkersOptions =>
  typeof workers === 'number' ? { count: workers } : workers;
