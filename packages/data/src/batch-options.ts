import { checkFits, checkSeed, checkWhole, MAX_COUNT, show } from './check.js';
import type { WindowOrder } from './window-order.js';

/** How a dataset takes batches. */
export interface BatchOptions {
  /** Tokens a row: the model's context. */
  contextLength: number;
  /** Rows a batch. Default 16. */
  batchSize?: number;
  /** Default `random`. */
  order?: WindowOrder;
  /** Chooses the random rows, 0 … 2³² − 1. Default 0. */
  seed?: number;
}

/** @throws If an option is out of range. */
export function completeBatchOptions(where: string, options: BatchOptions): Required<BatchOptions> {
  const { contextLength, batchSize = 16, order = 'random', seed = 0 } = options;
  checkWhole(where, 'contextLength', contextLength, 1, MAX_COUNT, "Take the model's context.");
  checkWhole(where, 'batchSize', batchSize, 1, MAX_COUNT, 'A usual value is 16.');
  checkFits(where, batchSize, contextLength, 'Take smaller batches.');
  if (order !== 'random' && order !== 'sequential') {
    throw new Error(`${where}: order is ${show(order)}, expected 'random' or 'sequential'.`);
  }
  checkSeed(where, seed);
  return { contextLength, batchSize, order, seed };
}
