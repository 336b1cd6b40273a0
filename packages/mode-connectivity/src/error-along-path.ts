import { dispose, type Scalar, type TensorContainer, tidy } from '@tensorflow/tfjs-core';
import { barrier } from './barrier.js';
import { loadWeights, type Variables, withWeightsRestored } from './live-model.js';
import { checkSame, distance, interpolate, type Weights } from './weights.js';

/**
 * Batches that can be read again and again: a list, which stays the caller's, or a function that starts anew, such as
 * `() => dataset.pass()`. What an iterator gives is disposed once measured, unless it is of a list.
 */
export type Batches<Batch> =
  | readonly Batch[]
  | (() => Iterable<Batch> | AsyncIterable<Batch> | Promise<Iterable<Batch> | AsyncIterable<Batch>>);

/** What is measured on a batch, by name: `{ loss, error }`. Scalars are read back and disposed. */
export type Measure<Batch> = (batch: Batch) => Readonly<Record<string, Scalar | number>> | Scalar | number;

export interface PathOptions<Batch> {
  /** The variables of one live model, into which each point of the path is written; restored at the end. */
  variables: Variables;
  /** Measures the live model on a batch; a single number is called `loss`. Means over batches are reported. */
  measure: Measure<Batch>;
  /** The data, by split: `{ train, validation }`. Every α sees the same batches. */
  data: Readonly<Record<string, Batches<Batch>>>;
  /** How many points, evenly from 0 to 1, or which; the ends are always among them. Default 30. */
  alphas?: number | readonly number[];
  /** Only the first so many batches of each split. Default all. */
  maxBatches?: number;
  /** How much a batch counts in the mean, such as its number of examples. Default 1 each. */
  weigh?: (batch: Batch) => number;
  /** Called after each point. */
  onProgress?: (done: number, total: number) => void;
  /** Stops between batches. */
  signal?: AbortSignal;
}

/** What was measured along a path from B (α = 0) to A (α = 1). Plain JSON. */
export interface Path {
  readonly alphas: readonly number[];
  /** Means over the batches at each α, by split and measure: `values.validation.loss[i]`. */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** {@link barrier} of each. */
  readonly barriers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Each at the mean of the two models, α = ½: what weight averaging gives. */
  readonly atMean: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** ‖wA − wB‖. */
  readonly distance: number;
}

/**
 * Measures a model at points on the straight line between two sets of weights.
 *
 *     E(α) = mean over batches of measure(α wA + (1 − α) wB)
 *
 * Unlike the reference, which draws new batches for each α, all points see the same ones, so that the curve shows the
 * path and not the noise of the data.
 *
 * @param weightsA, weightsB Two models by parameter name, as `copyWeights(variables)` gives them.
 * @throws If the models differ in names or shapes, an option is out of range, or a split has no batches. The live
 *     model's weights are restored in any case.
 */
export async function errorAlongPath<Batch>(
  weightsA: Weights,
  weightsB: Weights,
  options: PathOptions<Batch>,
): Promise<Path> {
  const { variables, data, onProgress, signal } = options;
  checkSame('errorAlongPath', weightsA, weightsB);
  for (const [split, batches] of Object.entries(data)) checkBatches(split, batches);
  const alphas = alphasOf(options.alphas);
  checkMaxBatches(options.maxBatches);
  const values: Record<string, Record<string, number[]>> = {};
  const atMean: Record<string, Record<string, number>> = {};

  await withWeightsRestored(variables, async () => {
    const points = alphas.includes(0.5) ? alphas : [...alphas, 0.5];
    for (const [done, alpha] of points.entries()) {
      const weights = interpolate(weightsA, weightsB, alpha);
      try {
        loadWeights(variables, weights);
      } finally {
        dispose(weights);
      }
      for (const [split, batches] of Object.entries(data)) {
        const means = await meanOver(split, batches, options);
        if (alpha === 0.5) atMean[split] = means;
        if (done >= alphas.length) continue;
        values[split] ??= {};
        for (const [name, mean] of Object.entries(means)) {
          values[split][name] ??= [];
          values[split][name].push(mean);
        }
      }
      signal?.throwIfAborted();
      onProgress?.(done + 1, points.length);
    }
  });
  return {
    alphas,
    values,
    barriers: mapValues(values, (measures) => mapValues(measures, barrier)),
    atMean,
    distance: distance(weightsA, weightsB),
  };
}

/** The weighted means of what is measured on each batch. */
async function meanOver<Batch>(
  split: string,
  batches: Batches<Batch>,
  { measure, maxBatches = Infinity, weigh = () => 1, signal }: PathOptions<Batch>,
): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  let [count, total] = [0, 0];
  const source = typeof batches === 'function' ? await batches() : batches;
  const isOurs = !Array.isArray(source);
  for await (const batch of source) {
    try {
      signal?.throwIfAborted();
      const measured = await read(tidy(() => named(measure(batch))));
      const weight = weigh(batch);
      for (const [name, value] of Object.entries(measured)) sums[name] = (sums[name] ?? 0) + weight * value;
      total += weight;
    } finally {
      if (isOurs) dispose(batch as TensorContainer);
    }
    // Before another one is asked for, which a source would make for nothing.
    if (++count === maxBatches) break;
  }
  if (count > 0) return mapValues(sums, (sum) => sum / total);
  throw new Error(
    `errorAlongPath: the split '${split}' has no batches, expected at least one. A function must start anew each time.`,
  );
}

type Measured = Record<string, Scalar | number>;

const named = (measured: ReturnType<Measure<unknown>>): Measured =>
  typeof measured === 'number' || 'dataId' in measured
    ? { loss: measured as Scalar | number }
    : { ...measured };

async function read(measured: Measured): Promise<Record<string, number>> {
  const entries = Object.entries(measured).map(async ([name, value]) => {
    if (typeof value === 'number') return [name, value] as const;
    const [number] = await value.data();
    value.dispose();
    return [name, number] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function checkMaxBatches(count: number | undefined): void {
  if (count === undefined || count === Infinity || (Number.isInteger(count) && count >= 1)) return;
  throw new Error(
    `errorAlongPath: maxBatches is ${count}, expected a whole number ≥ 1. Leave it out for all batches.`,
  );
}

function alphasOf(alphas: number | readonly number[] = 30): number[] {
  if (typeof alphas === 'number') {
    if (Number.isInteger(alphas) && alphas >= 2)
      return Array.from({ length: alphas }, (_, i) => i / (alphas - 1));
    throw new Error(
      `errorAlongPath: alphas is ${alphas}, expected a whole number ≥ 2 or a list of numbers in [0, 1].`,
    );
  }
  const wrong = alphas.find((alpha) => !(alpha >= 0 && alpha <= 1));
  if (wrong !== undefined) {
    throw new Error(`errorAlongPath: alphas has ${String(wrong)}, expected numbers in [0, 1].`);
  }
  return [...new Set([0, ...alphas, 1])].sort((a, b) => a - b);
}

function checkBatches(split: string, batches: unknown): void {
  if (Array.isArray(batches) || typeof batches === 'function') return;
  throw new Error(
    `errorAlongPath: the split '${split}' can be read only once, expected a list of batches or a function that ` +
      `starts anew, such as () => dataset.pass().`,
  );
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
