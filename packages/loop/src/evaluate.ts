import { argMax, cast, dispose, div, equal, mul, notEqual, sum, Tensor, tidy } from '@tensorflow/tfjs-core';
import { asBatch, type Batch, type Tensors, tensorsIn } from './batch.js';
import { type BatchSource, type Data, iteratorOf } from './batch-stream.js';
import { type Count, type Counted, counted, countedOf, divisorOf } from './counted.js';
import type { Loss } from './gradients.js';
import { IGNORED, type IgnoredLabelsWarning } from './ignored-labels.js';
import { forward, type Model } from './model.js';
import type { PrecisionEmulation } from './precision.js';
import { tidyOnError } from './tidy-on-error.js';

/** What to evaluate on, and when. */
export interface Evaluation {
  /**
   * Validation data. If it has `pass()`, as `TokenDataset` does, one pass is read; an iterable is read to its end; of anything
   * that only has `batch()`, `batches` are drawn.
   */
  readonly data: Data;
  /** At most so many batches. Default all; needed for data that only has `batch()`. */
  readonly batches?: number;
  /** Evaluate every so many steps, and after the last. Default 100. */
  readonly every?: number;
  /**
   * Numbers beside the loss, as a loss returns them: `{ accuracy }`. They are recorded as `validationAccuracy`. One that
   * counts nothing in all of the data is left out.
   */
  readonly metrics?: Readonly<Record<string, Loss>>;
}

/** An evaluation of your own: any numbers by name. */
export interface OwnEvaluation {
  readonly run: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  readonly every?: number;
}

export interface AccuracyOptions {
  /** The label that counts for nothing. Default −100. */
  readonly ignoreIndex?: number;
}

/**
 * The share of labels that have the largest output, among those that are not ignored; 0 where all are.
 *
 * @param targets Class numbers, int32, in the shape of `outputs` without its last axis; or probabilities in its shape.
 * @param outputs Scores, shape `[..., classes]`.
 * @returns A scalar from 0 to 1, which says over how many labels it goes.
 */
export function accuracy(
  targets: Tensor,
  outputs: Tensor,
  { ignoreIndex = IGNORED }: AccuracyOptions = {},
): Tensor {
  const labelsOf = () => (targets.rank === outputs.rank ? argMax(targets, -1) : cast(targets, 'int32'));
  const countsOf = () => cast(notEqual(labelsOf(), ignoreIndex), 'float32');
  const share = tidy(() => {
    const right = cast(equal(argMax(outputs, -1), labelsOf()), 'float32');
    const counts = countsOf();
    return div(sum(mul(right, counts)), divisorOf(sum(counts)));
  });
  return counted(share, () => tidy(() => sum(countsOf())));
}

/**
 * Means over the batches of a pass, weighed so that they are the means over all of it: each batch counts as much as the
 * loss or the metric says, or where it does not say, as it has targets.
 */
export async function evaluate(
  model: Model,
  loss: Loss,
  { data, batches = Infinity, metrics = {} }: Evaluation,
  emulation: PrecisionEmulation,
  warnOfIgnored: IgnoredLabelsWarning,
): Promise<Record<string, number>> {
  const measures = Object.entries({ loss, ...metrics });
  const sums = measures.map(() => ({ sum: 0, count: 0 }));
  let batchCount = 0;
  for await (const batch of passOver(data, batches)) {
    batchCount += 1;
    try {
      const values = tidy(() => {
        const outputs = emulation.run(() => forward(model, batch.inputs, { training: false, seed: 0 }));
        return measures.map(([, measure]) => countedOf(measure(batch.targets as never, outputs as never)));
      });
      const read = await readCounted(values as Counted[]);
      if (read[0].count === undefined) await warnOfIgnored(batch);
      const size = sizeOf(batch.targets) || sizeOf(batch.inputs);
      for (const [i, { mean, count = size }] of read.entries()) {
        if (count === 0) continue;
        sums[i].sum += count * mean;
        sums[i].count += count;
      }
    } finally {
      if (!Array.isArray(data))
        dispose(tensorsIn(batch).filter(({ kept, isDisposed }) => !kept && !isDisposed));
    }
  }
  if (batchCount === 0) throw new Error('train: the evaluation data gave no batch, expected at least one.');
  if (sums[0].count === 0) {
    throw new Error(
      'train: nothing counts in the evaluation data, as where all labels are ignored; expected at least one label.',
    );
  }
  return Object.fromEntries(
    measures.flatMap(([name], i) => {
      const { sum, count } = sums[i];
      return count > 0 ? [[`validation${name[0].toUpperCase()}${name.slice(1)}`, sum / count]] : [];
    }),
  );
}

/** Reads means and counts, and frees them. */
async function readCounted(
  values: readonly Counted[],
): Promise<{ mean: number; count: number | undefined }[]> {
  const numberOf = async (value: Count) => (value instanceof Tensor ? (await value.data())[0] : value);
  try {
    return await Promise.all(
      values.map(async ({ mean, count }) => ({
        mean: (await numberOf(mean)) as number,
        count: await numberOf(count),
      })),
    );
  } finally {
    dispose(values.flatMap(({ mean, count }) => (count instanceof Tensor ? [mean, count] : [mean])));
  }
}

const sizeOf = (tensors: Tensors): number => tensorsIn(tensors)[0]?.size ?? 0;

async function* passOver(data: Data, batches: number): AsyncGenerator<Batch> {
  const { pass } = data as { pass?: () => Data };
  const open = iteratorOf(typeof pass === 'function' ? pass.call(data) : data);
  if (!open && !Number.isFinite(batches)) {
    throw new Error(
      'train: the evaluation data only has batch(), which has no end, expected evaluate.batches. Try 10.',
    );
  }
  const iteration = await open?.();
  try {
    for (let count = 0; count < batches; count++) {
      const { value, done } = iteration
        ? await tidyOnError(() => iteration.next())
        : { value: await tidyOnError(() => (data as BatchSource).batch()), done: false };
      if (done || value === undefined) return;
      yield asBatch(value);
    }
  } finally {
    await (iteration as AsyncIterator<unknown> | undefined)?.return?.();
  }
}
