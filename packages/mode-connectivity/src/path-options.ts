import type { Tensor } from '@tensorflow/tfjs-core';
import { type Batches, checkData } from './batches.js';
import { type Variables, variablesByName } from './live-model.js';
import type { Measure } from './measure.js';
import { checkFunction, isList, shown } from './what-came.js';

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
  /**
   * How much a batch counts in the mean, ≥ 0, such as its number of examples, as a number or a tensor with one. One of 0 is
   * not measured. Default 1.
   */
  weigh?: (batch: Batch) => number | Tensor;
  /** Called after each point. */
  onProgress?: (done: number, total: number) => void;
  /** Stops between batches. */
  signal?: AbortSignal;
}

/** @throws If anything is missing or out of range that can be known before the first batch. */
export function checkPathOptions<Batch>(
  where: string,
  options: Omit<PathOptions<Batch>, 'onProgress'>,
): void {
  checkOptions(where, options);
  variablesByName(where, options.variables);
  checkFunction(where, 'measure', options.measure, '(batch) => loss');
  if (options.weigh !== undefined) checkFunction(where, 'weigh', options.weigh, '(batch) => batch.length');
  checkData(where, options.data);
  alphasOf(where, options.alphas);
  checkMaxBatches(where, options.maxBatches);
}

function checkOptions(where: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw new Error(
    `${where}: options is ${shown(options)}, expected an object with variables, measure and data.`,
  );
}

/** Points on the path, both ends included, in order. */
export function alphasOf(where: string, alphas: number | readonly number[] = 30): number[] {
  if (typeof alphas === 'number' && Number.isInteger(alphas) && alphas >= 2) {
    return Array.from({ length: alphas }, (_, i) => i / (alphas - 1));
  }
  if (!isList(alphas)) {
    throw new Error(
      `${where}: alphas is ${shown(alphas)}, expected a whole number ≥ 2 or a list of numbers in [0, 1].`,
    );
  }
  const wrong = [...alphas].findIndex((alpha) => !(typeof alpha === 'number' && alpha >= 0 && alpha <= 1));
  if (wrong >= 0) {
    throw new Error(`${where}: alphas has ${shown(alphas[wrong])}, expected numbers in [0, 1].`);
  }
  return [...new Set([0, ...alphas, 1])].sort((a, b) => a - b);
}

function checkMaxBatches(where: string, count: number | undefined): void {
  if (count === undefined || count === Infinity || (Number.isInteger(count) && count >= 1)) return;
  throw new Error(
    `${where}: maxBatches is ${shown(count)}, expected a whole number ≥ 1. Leave it out for all batches.`,
  );
}
