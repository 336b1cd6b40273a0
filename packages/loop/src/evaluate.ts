import { argMax, cast, dispose, equal, mean, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { asBatch, type Batch, type Tensors, tensorsIn } from './batch.js';
import { type BatchSource, type Data, iteratorOf } from './batch-stream.js';
import type { Loss } from './gradients.js';
import { forward, type Model } from './model.js';
import type { PrecisionEmulation } from './precision.js';

/** What to evaluate on, and when. */
export interface Evaluation {
  /** Validation data. With `pass()`, as `TokenDataset` has it, one pass; of iterables all; of `batch()` `batches`. */
  readonly data: Data;
  /** At most so many batches. Default all; needed for data that only has `batch()`. */
  readonly batches?: number;
  /** Evaluate every so many steps, and after the last. Default 100. */
  readonly every?: number;
  /** Numbers beside the loss, each a scalar: `{ accuracy }`. They are recorded as `validationAccuracy`. */
  readonly metrics?: Readonly<Record<string, (targets: never, outputs: never) => Tensor>>;
}

/** An evaluation of your own: any numbers by name. */
export interface OwnEvaluation {
  readonly run: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  readonly every?: number;
}

/**
 * The share of examples whose largest output is the target's.
 *
 * @param targets Class numbers, int32, in the shape of `outputs` without its last axis; or probabilities in its shape.
 * @param outputs Scores, shape `[..., classes]`.
 * @returns A scalar from 0 to 1.
 */
export function accuracy(targets: Tensor, outputs: Tensor): Tensor {
  return tidy(() => {
    const labels = targets.rank === outputs.rank ? argMax(targets, -1) : targets;
    return mean(cast(equal(argMax(outputs, -1), cast(labels, 'int32')), 'float32'));
  });
}

/** Means over the batches of a pass, each batch weighing as much as it has targets: the mean over all of them. */
export async function evaluate(
  model: Model,
  loss: Loss,
  { data, batches = Infinity, metrics = {} }: Evaluation,
  emulation: PrecisionEmulation,
): Promise<Record<string, number>> {
  const named = Object.entries({ loss, ...metrics });
  const sums: Record<string, number> = {};
  let weights = 0;
  let count = 0;
  for await (const batch of passOver(data, batches)) {
    const values = tidy(() => {
      const outputs = emulation.run(() => forward(model, batch.inputs, { training: false, seed: 0 }));
      return named.map(([, measure]) => scalar(measure(batch.targets as never, outputs as never)));
    });
    const weight = sizeOf(batch.targets) || sizeOf(batch.inputs);
    const numbers = await Promise.all(values.map(async (value) => (await value.data())[0]));
    dispose(values);
    if (!Array.isArray(data)) dispose(tensorsIn(batch).filter(({ kept }) => !kept));
    named.forEach(([name], i) => {
      const key = `validation${name[0].toUpperCase()}${name.slice(1)}`;
      sums[key] = (sums[key] ?? 0) + weight * numbers[i];
    });
    weights += weight;
    count += 1;
  }
  if (count === 0) throw new Error('train: the evaluation data gave no batch, expected at least one.');
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / weights]));
}

const scalar = (value: Tensor): Tensor => (value.rank === 0 ? value : mean(value));
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
        ? await iteration.next()
        : { value: await (data as BatchSource).batch(), done: false };
      if (done || value === undefined) return;
      yield asBatch(value);
    }
  } finally {
    await (iteration as AsyncIterator<unknown> | undefined)?.return?.();
  }
}
