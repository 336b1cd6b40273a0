import { add, clone, dispose, type Scalar, scalar, Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { type Batch, tensorsIn } from './batch.js';
import type { BatchStream } from './batch-stream.js';
import { countedOf } from './counted.js';
import { GradientMean } from './gradient-mean.js';
import type { GradientPool } from './gradient-pool.js';
import {
  addGradients,
  disposeGradients,
  type Gradients,
  gradientsOf,
  type LossOfBatch,
  lossOfBatch,
  tidyGradients,
} from './gradients.js';
import type { IgnoredLabelsWarning } from './ignored-labels.js';
import { type Model, ownLosses, type PassOptions } from './model.js';
import type { MutableRun } from './mutable-run.js';
import type { TrainOptions } from './options.js';
import type { PrecisionEmulation } from './precision.js';
import { seedOf } from './seeds.js';
import { tidyOnError } from './tidy-on-error.js';

/** Loss and gradients of a step, averaged over its batches, and the last of these. */
export interface StepGradients extends Gradients {
  readonly batch: Batch;
}

/**
 * How one step gets its gradients: those of its batches, each weighing as much as its loss says that it counts, and once
 * those of the regularizers.
 *
 * @param pool Other threads that share each batch, if there are any.
 * @param seen Is shown every batch.
 * @returns From the number of a step to its gradients; undefined once data has ended.
 */
export function stepGradients(
  options: TrainOptions,
  run: MutableRun,
  stream: BatchStream,
  emulation: PrecisionEmulation,
  pool: GradientPool | undefined,
  seen: (batch: Batch) => void,
  warnOfIgnored: IgnoredLabelsWarning,
): (step: number) => Promise<StepGradients | undefined> {
  const { model, step: ownStep, optimizer, gradientAccumulation = 1, seed = 0 } = options;
  const isWhole = gradientAccumulation === 1 && !pool;
  const lossOfOne = emulated(lossOfOptions(options), emulation);
  const lossOf = isWhole ? withRegularizers(lossOfOne, model) : lossOfOne;
  let isOpen = false;
  let isFirst = true;

  const gradientsOfBatch = async (batch: Batch, forwardOptions: PassOptions): Promise<Gradients> => {
    if (!optimizer)
      return ownGradients(() => ownStep!(batch as Batch & Record<string, unknown>, forwardOptions));
    if (!isOpen) await pool?.open?.(run.variables);
    isOpen = true;
    return pool
      ? pool.gradientsOf(batch, lossOf, forwardOptions)
      : gradientsOf(() => lossOf(batch, forwardOptions), run.variables);
  };

  return async (step) => {
    const mean = new GradientMean();
    let batch: Batch | undefined;
    try {
      for (let i = 0; i < gradientAccumulation; i++) {
        const next = await stream.next();
        if (!next) break;
        batch = next;
        seen(batch);
        const gradients = await gradientsOfBatch(batch, { training: true, seed: seedOf(seed, step, i) });
        mean.add(gradients);
        if (!isWhole && isFirst && gradients.count === undefined) await warnOfIgnored(batch);
      }
      isFirst = false;
      const gradients = mean.take();
      if (!gradients || !batch) return undefined;
      return { ...(isWhole ? gradients : plusRegularizers(gradients, model, run.variables)), batch };
    } finally {
      mean.dispose();
    }
  };
}

/** The loss of a batch as the options describe it, without regularizers. */
export const lossOfOptions = ({ model, loss, step }: TrainOptions): LossOfBatch =>
  step
    ? (batch, options) => countedOf(step(batch as Batch & Record<string, unknown>, options))
    : lossOfBatch(model!, loss!);

/** A loss whose forward pass is in the precision that is emulated. */
export const emulated =
  (lossOf: LossOfBatch, emulation: PrecisionEmulation): LossOfBatch =>
  (batch, options) =>
    emulation.run(() => lossOf(batch, options));

const withRegularizers =
  (lossOf: LossOfBatch, model: Model | undefined): LossOfBatch =>
  (batch, options) => {
    const { mean, count } = lossOf(batch, options);
    return { mean: ownLosses(model).reduce<Tensor>(add, mean) as Scalar, count };
  };

/** Adds loss and gradients of what the model regularizes; frees those that went in. */
function plusRegularizers(
  gradients: Gradients,
  model: Model | undefined,
  variables: readonly Variable[],
): Gradients {
  if (tidy(() => ownLosses(model).length) === 0) return gradients;
  const { count } = gradients;
  try {
    const regularizing = gradientsOf(() => {
      const [first, ...rest] = ownLosses(model);
      return { mean: rest.reduce<Tensor>(add, first) as Scalar, count: undefined };
    }, variables);
    const both = tidyGradients(() => ({
      ...addGradients(gradients, regularizing),
      count: count instanceof Tensor ? clone(count) : count,
    }));
    disposeGradients(regularizing);
    return both;
  } finally {
    disposeGradients(gradients);
  }
}

/** A step that the user takes whole: only its loss is ours. */
async function ownGradients(step: () => unknown): Promise<Gradients> {
  const loss = await tidyOnError(step);
  if (typeof loss === 'number') return { loss: scalar(loss), gradients: {}, count: undefined };
  // A scalar is not asked for its count, which may come from tensors that the step has freed.
  if (loss instanceof Tensor && loss.rank === 0) {
    return { loss: loss as Scalar, gradients: {}, count: undefined };
  }
  try {
    return tidyGradients(() => {
      const { mean, count } = countedOf(loss);
      return { loss: clone(mean), gradients: {}, count: count instanceof Tensor ? clone(count) : count };
    });
  } finally {
    dispose(tensorsIn(loss));
  }
}
