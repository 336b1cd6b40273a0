import type { GradientPool } from './gradient-pool.js';
import type { TrainOptions } from './options.js';
import { isPool, threadsOf, type WorkersOptions } from './workers.js';

/** Who computes gradients where this thread does not do it alone: a pool of the user, or threads. */
export function poolOf({ workers = 1 }: TrainOptions): GradientPool | undefined {
  if (isPool(workers)) return workers;
  const threads = threadsOf(workers);
  return threads.count === 1 ? undefined : threadPool(threads);
}

/** A pool of threads. Its code is loaded only where it is used. */
function threadPool(threads: WorkersOptions): GradientPool {
  let pool: GradientPool | undefined;
  return {
    async open(variables) {
      const { WorkerPool } = await nodeWorkers(threads.count);
      pool = await WorkerPool.open(threads, variables);
    },
    gradientsOf: (...args) => pool!.gradientsOf(...args),
    close: () => pool?.close?.(),
  };
}

/** In a thread that another one's `train` has started: computes what that one asks for, and never returns. */
export async function serveIfWorker(options: TrainOptions): Promise<void> {
  const { count } = threadsOf(options.workers);
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
