import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import { type GradientPool, workersOf } from './workers.js';

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
