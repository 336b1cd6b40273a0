import { nodeThreads } from '@evenkeel/files';
import { dispose, Tensor, tensor, type Variable } from '@tensorflow/tfjs-core';
import { tensorsIn } from '../../batch.js';
import { disposeGradients, type Gradients, gradientsOf } from '../../gradients.js';
import { MutableRun } from '../../mutable-run.js';
import type { TrainOptions } from '../../options.js';
import { PrecisionEmulation } from '../../precision.js';
import { emulated, lossOfOptions } from '../../step-gradients.js';
import { makeBatch } from './host-batch.js';
import { type Reply, type Request, type Start, viewsOf, WORKER_DATA } from './protocol.js';

/** In a thread that a pool has started: computes gradients until the pool ends it. In any other, returns at once. */
export async function serveGradients(options: TrainOptions): Promise<void> {
  const { parentPort, workerData } = await nodeThreads();
  const start = (workerData as Record<string, Start> | null)?.[WORKER_DATA];
  if (!start || !parentPort) return;
  const port = parentPort;
  const { variables } = new MutableRun(options);
  const weights = viewsOf(start.weights, variables);
  const results = viewsOf(start.gradients, variables);
  const emulation = new PrecisionEmulation(options.precision ?? 'float32');
  const lossOf = emulated(lossOfOptions(options), emulation);
  const answer = async ({ batch: values, options }: Request): Promise<Reply> => {
    const batch = makeBatch(values);
    try {
      return await write(
        gradientsOf(() => lossOf(batch, options), variables),
        variables,
        results,
      );
    } finally {
      dispose(tensorsIn(batch));
    }
  };
  let version = 0;
  port.on('message', async (request: Request) => {
    try {
      if (request.version !== version) take(variables, weights);
      version = request.version;
      port.postMessage(await answer(request));
    } catch (error) {
      port.postMessage({ error: (error as Error).message } satisfies Reply);
    }
  });
  port.postMessage({ shapes: variables.map(({ shape }) => shape) } satisfies Reply);
  await new Promise(() => {});
}

/** Gives variables the values that the first thread wrote. */
function take(variables: readonly Variable[], weights: readonly Float32Array[]): void {
  variables.forEach((variable, v) => {
    const value = tensor(weights[v].slice(), variable.shape);
    variable.assign(value);
    value.dispose();
  });
}

/** Puts gradients where the first thread sees them, and frees them. */
async function write(
  gradients: Gradients,
  variables: readonly Variable[],
  results: readonly Float32Array[],
): Promise<Reply> {
  try {
    const { gradients: byName, count } = gradients;
    for (const [v, { name }] of variables.entries()) {
      if (byName[name]) results[v].set((await byName[name].data()) as Float32Array);
    }
    return {
      loss: (await gradients.loss.data())[0],
      count: count instanceof Tensor ? (await count.data())[0] : count,
      has: variables.map(({ name }) => byName[name] !== undefined),
    };
  } finally {
    disposeGradients(gradients);
  }
}
