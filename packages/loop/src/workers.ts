import type { GradientPool } from './gradient-pool.js';

/** Threads that share each batch among them. */
export interface WorkersOptions {
  /** How many threads compute gradients, this one included. */
  readonly count: number;
  /**
   * What the others run: a module that builds the same model and loss and calls `train` with them. Default this program
   * once more, from its beginning to its call of `train`.
   */
  readonly script?: string | URL;
  /**
   * After so many seconds without an answer a thread is given up, and training ends with an error; > 0. They begin when this
   * thread has done its own part. A thread has at least 300 to come to its call of `train`. Default 300.
   */
  readonly timeoutSeconds?: number;
  /** What the script finds in `process.argv` behind the first two. Default what this program does. */
  readonly argv?: readonly string[];
}

/** What the option `workers` takes. */
export type Workers = number | WorkersOptions | GradientPool;

export const isPool = (workers: Workers): workers is GradientPool =>
  typeof workers === 'object' && 'gradientsOf' in workers;

/** How many threads there are, and what they run. Where a pool of the user computes gradients, there is this one alone. */
export function threadsOf(workers: Workers = 1): WorkersOptions {
  if (isPool(workers)) return { count: 1 };
  return typeof workers === 'number' ? { count: workers } : workers;
}
