import type { Batch } from './batch.js';
import type { Gradients, LossOfBatch } from './gradients.js';
import type { ForwardOptions } from './model.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';

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
export const workersOf = ({ workers = 1 }: TrainOptions): WorkersOptions =>
  typeof workers === 'number' ? { count: workers } : workers;

/** Other threads, if any are wanted; they start with the first batch. */
export function poolOf(options: TrainOptions, run: Progress): GradientPool | undefined {
  const workers = workersOf(options);
  if (workers.count === 1) return undefined;
  let pool: Promise<GradientPool> | undefined;
  const open = async () => (await nodeWorkers(workers.count)).WorkerPool.open(workers, run.variables);
  return {
    async gradientsOf(...args) {
      pool ??= open();
      return (await pool).gradientsOf(...args);
    },
    close: async () => (await pool?.catch(() => undefined))?.close(),
  };
}

/** In a thread that another one's `train` has started: computes what that one asks for, and never returns. */
export async function serveIfWorker(options: TrainOptions): Promise<void> {
  const { count } = workersOf(options);
  if (count === 1) return;
  const { serveGradients } = await nodeWorkers(count);
  await serveGradients(options);
}

function nodeWorkers(count: number) {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new Error(`train: workers is ${count}, expected 1 outside Node. Leave it out.`);
  }
  return import('./node/workers/index.js');
}
