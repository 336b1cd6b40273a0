import { scalar, Tensor } from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import type { BatchStream } from './batch-stream.js';
import {
  addGradients,
  type Gradients,
  gradientsOf,
  type LossOfBatch,
  lossOfBatch,
  meanOf,
} from './gradients.js';
import type { ForwardOptions } from './model.js';
import type { TrainOptions } from './options.js';
import type { PrecisionEmulation } from './precision.js';
import type { Progress } from './progress.js';
import { seedOf } from './seeds.js';
import type { GradientPool } from './workers.js';

/** Loss and gradients of a step, averaged over its batches, and the last of these. */
export interface StepGradients extends Gradients {
  readonly batch: Batch;
}

/**
 * How one step gets its gradients.
 *
 * @param pool Other threads that share each batch, if there are any.
 * @param seen Is shown every batch.
 * @returns From the number of a step to its gradients; undefined once data has ended.
 */
export function stepGradients(
  { model, loss, step: lossOf, optimizer, gradientAccumulation = 1, seed = 0 }: TrainOptions,
  run: Progress,
  stream: BatchStream,
  emulation: PrecisionEmulation,
  pool: GradientPool | undefined,
  seen: (batch: Batch) => void,
): (step: number) => Promise<StepGradients | undefined> {
  const lossOfOne = lossOf ?? lossOfBatch(model!, loss!);
  const emulated = (batch: Batch, options: ForwardOptions) =>
    emulation.run(() => (lossOfOne as LossOfBatch)(batch, options));

  return async (step) => {
    let sum: Gradients | undefined;
    let batch: Batch | undefined;
    let count = 0;
    for (; count < gradientAccumulation; count++) {
      const next = await stream.next();
      if (!next) break;
      batch = next;
      seen(batch);
      const options = { training: true, seed: seedOf(seed, step, count) };
      const gradients = pool
        ? await pool.gradientsOf(batch, emulated, options)
        : optimizer
          ? gradientsOf(batch, emulated, options, run.variables)
          : await ownStep(lossOfOne, batch, options);
      sum = addGradients(sum, gradients);
    }
    return sum && batch && { ...meanOf(sum, count), batch };
  };
}

/** A step that the user takes whole: only its loss is ours. */
async function ownStep(
  step: NonNullable<TrainOptions['step']>,
  batch: Batch,
  options: ForwardOptions,
): Promise<Gradients> {
  const loss = await step(batch as Batch & Record<string, unknown>, options);
  return { loss: loss instanceof Tensor ? loss : scalar(loss), gradients: {} };
}
