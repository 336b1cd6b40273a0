import { dispose, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { errorAlongPath } from './error-along-path.js';
import { finishedOf, forksOf } from './forks.js';
import type { Instability, InstabilityOptions, TwinRun } from './instability-options.js';
import { copyWeights } from './live-model.js';
import { checkPathOptions } from './path-options.js';
import { checkOptimizer, discard, restore, type Snapshot, snapshot } from './snapshot.js';
import { checkFunction } from './what-came.js';

/**
 * Finds the step from which the outcome of training no longer depends on the order of the data.
 *
 *     w_k after k steps → twice on to the end with different orders → wA, wB → E along wA – wB
 *
 * A barrier means that the order decides in which valley training ends. No barrier means that w_k had settled on one. To ask
 * this of fine-tuning, load a checkpoint into the model and fork at step 0.
 *
 * Afterwards, model and optimizer are as they were before.
 *
 * @returns One result for each of `fromSteps`, in their order.
 * @throws If an option is missing or out of range, before the first step where that can be known. Model and optimizer are
 *     restored in any case.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 3.
 */
export async function instabilityAnalysis<Batch>(options: InstabilityOptions<Batch>): Promise<Instability[]> {
  checkPathOptions('instabilityAnalysis', options);
  checkTraining(options);
  const { variables, trainStep, steps, onProgress, onResult, signal } = options;
  const fromSteps = forksOf(options);
  const results = finishedOf(options);
  const missing = new Set(fromSteps.filter((step) => !results.has(step)));

  const train = async (fromStep: number, run: TwinRun, begin: number, end: number) => {
    for (let step = begin; step < end; step++) {
      signal?.throwIfAborted();
      await trainStep(run, step);
      onProgress?.({ fromStep, run, done: step + 1 - begin, total: end - begin });
    }
  };
  const twin = async (fork: Snapshot, fromStep: number, run: TwinRun) => {
    await restore(options, fork);
    await train(fromStep, run, fromStep, steps);
    return copyWeights(variables);
  };

  const start = await snapshot(options);
  let fork = start;
  try {
    let reached = 0;
    for (const fromStep of [...missing].sort((a, b) => a - b)) {
      await restore(options, fork);
      await train(fromStep, 'common', reached, fromStep);
      reached = fromStep;
      const next = await snapshot(options);
      if (fork !== start) discard(fork);
      fork = next;

      const twins: Record<string, Tensor>[] = [];
      try {
        for (const run of ['twin-a', 'twin-b'] as const) twins.push(await twin(fork, fromStep, run));
        const path = await errorAlongPath(twins[0], twins[1], {
          ...options,
          onProgress: (done, total) => onProgress?.({ fromStep, run: 'path', done, total }),
        });
        results.set(fromStep, { fromStep, ...path });
        await onResult?.(results.get(fromStep)!);
      } finally {
        dispose(twins as unknown as NamedTensorMap[]);
      }
    }
  } finally {
    if (fork !== start) discard(fork);
    try {
      await restore(options, start);
    } finally {
      discard(start);
    }
  }
  return fromSteps.map((fromStep) => results.get(fromStep)!);
}

function checkTraining<Batch>({
  optimizer,
  trainStep,
  onProgress,
  onResult,
}: InstabilityOptions<Batch>): void {
  const where = 'instabilityAnalysis';
  checkOptimizer(where, optimizer);
  checkFunction(where, 'trainStep', trainStep, '(run, step) => optimizer.minimize(…)');
  if (onProgress !== undefined) checkFunction(where, 'onProgress', onProgress, '({ done, total }) => {}');
  if (onResult !== undefined) checkFunction(where, 'onResult', onResult, '(result) => save(result)');
}
