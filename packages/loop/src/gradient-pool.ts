import type { Variable } from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import type { Gradients, LossOfBatch } from './gradients.js';
import type { PassOptions } from './model.js';

/**
 * Whoever computes the gradients of a batch for `train`: threads, processes, other machines. It cuts a batch as it likes
 * and averages what its parts give, with `GradientMean`, so that the result is that of the whole batch.
 *
 *     await train({ …, workers: pool });
 *
 * Optimizer, data and checkpoints stay with `train`: a pool sees the weights, and remembers nothing that a checkpoint would
 * have to hold.
 */
export interface GradientPool {
  /**
   * Called once, before the first batch. The variables have the weights of the step whenever `gradientsOf` is called.
   */
  open?(variables: readonly Variable[]): Promise<void>;
  /**
   * The mean loss of a batch and its gradients.
   *
   * @param batch Stays the caller's, who frees it.
   * @param loss Computes the loss of a batch, or a part of one, in this process; it depends on the variables.
   * @param options What the forward pass of the whole batch is told. Parts should draw their dropout from seeds of their own.
   * @returns Tensors that are the caller's from then on.
   * @throws If a part cannot be computed. Training then ends with the error.
   */
  gradientsOf(batch: Batch, loss: LossOfBatch, options: PassOptions): Promise<Gradients>;
  /** Called once, when training ends, however it does. */
  close?(): unknown;
}
