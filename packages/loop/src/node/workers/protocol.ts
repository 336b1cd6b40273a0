import type { Variable } from '@tensorflow/tfjs-core';
import type { PassOptions } from '../../model.js';
import type { HostBatch } from './host-batch.js';

/** What a thread is told when it starts, under {@link WORKER_DATA}. */
export interface Start {
  /** 1, 2, …; the thread that started it is 0. */
  readonly rank: number;
  /** The values of all variables, one after another; written by the first thread between steps. */
  readonly weights: SharedArrayBuffer;
  /** As many numbers, for the gradients that this thread computes. */
  readonly gradients: SharedArrayBuffer;
}

export const WORKER_DATA = 'evenkeel: train';

/** From the first thread to another: a part of a batch. */
export interface Request {
  readonly batch: HostBatch;
  readonly options: PassOptions;
  /** Counts how often the weights have changed. */
  readonly version: number;
}

/** What a thread answers: first the shapes of its variables, then a result or an error for each request. */
export type Reply =
  | { readonly shapes: readonly number[][] }
  | {
      readonly loss: number;
      /** Over how much loss and gradients are the mean, if the loss says it. */
      readonly count: number | undefined;
      /** Which variables have a gradient. */
      readonly has: readonly boolean[];
    }
  | { readonly error: string };

/** Where each variable lies in shared memory, in numbers. */
export function viewsOf(buffer: SharedArrayBuffer, variables: readonly Variable[]): Float32Array[] {
  let offset = 0;
  return variables.map(({ size }) => {
    const view = new Float32Array(buffer, 4 * offset, size);
    offset += size;
    return view;
  });
}

export const sizeOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { size }) => sum + size, 0);
