import { parentPort, workerData } from 'node:worker_threads';
import { dispose, mul, type Scalar, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { tensorsIn } from '../../batch.js';
import { type Gradients, gradientsOf, type LossOfBatch, lossOfBatch } from '../../gradients.js';
import type { TrainOptions } from '../../options.js';
import { PrecisionEmulation } from '../../precision.js';
import { Progress } from '../../progress.js';
import { makeBatch } from './host-batch.js';
import { type Reply, type Request, type Start, viewsOf, WORKER_DATA } from './protocol.js';

/** In a thread that a pool has started: computes gradients until the pool ends it. In any other, returns at once. */
export async function serveGradients(options: TrainOptions): Promise<void> {
  const start = (workerData as Record<string, Start> | null)?.[WORKER_DATA];
  if (!start || !parentPort) return;
  const port = parentPort;
  const { variables } = new Progress(options);
  const weights = viewsOf(start.weights, variables);
  const results = viewsOf(start.gradients, variables);
  const { model, loss, step, precision = 'float32' } = options;
  const emulation = new PrecisionEmulation(precision);
  const lossOf = (step ?? lossOfBatch(model!, loss!)) as LossOfBatch;
  const answer = async ({ batch: values, options, share }: Request): Promise<Reply> => {
    const batch = makeBatch(values);
    const taken = gradientsOf(batch, (b, o) => emulation.run(() => lossOf(b, o)), options, variables);
    try {
      return await write(scaled(taken, share), variables, results);
    } finally {
      dispose([taken.loss, ...Object.values(taken.gradients), ...tensorsIn(batch)]);
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

const scaled = ({ loss, gradients }: Gradients, share: number): Gradients =>
  tidy(() => ({
    loss: mul<Scalar>(loss, share),
    gradients: Object.fromEntries(
      Object.entries(gradients).map(([name, value]) => [name, mul(value, share)]),
    ),
  }));

/** Puts gradients where the first thread sees them. */
async function write(
  { loss, gradients }: Gradients,
  variables: readonly Variable[],
  results: readonly Float32Array[],
): Promise<Reply> {
  try {
    for (const [v, { name }] of variables.entries()) {
      if (gradients[name]) results[v].set((await gradients[name].data()) as Float32Array);
    }
    return { loss: (await loss.data())[0], has: variables.map(({ name }) => gradients[name] !== undefined) };
  } finally {
    dispose([loss, ...Object.values(gradients)]);
  }
}
