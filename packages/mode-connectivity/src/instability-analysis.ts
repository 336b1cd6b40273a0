import { dispose, type NamedTensorMap, type Optimizer, type Tensor } from '@tensorflow/tfjs-core';
import { errorAlongPath, type Path } from './error-along-path.js';
import { finishedOf, forksOf } from './forks.js';
import { copyWeights } from './live-model.js';
import { checkPathOptions, type PathOptions } from './path-options.js';
import { checkOptimizer, discard, restore, type Snapshot, snapshot } from './snapshot.js';
import { checkFunction } from './what-came.js';

/** Which order the data comes in: that of the common beginning, or of one of the twins. */
export type Run = 'common' | 'twin-a' | 'twin-b';

export interface InstabilityOptions<Batch> extends Omit<PathOptions<Batch>, 'onProgress'> {
  /** Trains the live model. Its state is saved at each fork and restored for each twin. */
  optimizer: Optimizer;
  /**
   * One training step of the live model. The order of the data must depend on `run` and `step` alone, such as a batch
   * drawn with a seed of both: then the twins differ in nothing else.
   */
  trainStep: (run: Run, step: number) => void | Promise<void>;
  /** Steps that each model trains in all, ≥ 1. */
  steps: number;
  /**
   * Steps after which twins are forked, each in [0, steps]. 0: from initialisation, or from a loaded checkpoint. One of
   * the two names has to be given.
   */
  fromSteps?: number | readonly number[];
  /** The same for a single fork. */
  fromStep?: number;
  /** Called with each result as soon as it is known, and awaited: what is kept here outlives an abort. */
  onResult?: (result: Instability) => void | Promise<void>;
  /** Results of the same analysis that `onResult` gave before it was stopped. Their twins are not trained again. */
  finished?: readonly Instability[];
  /** Called after each training step and each point of a path. */
  onProgress?: (progress: { fromStep: number; run: Run | 'path'; done: number; total: number }) => void;
}

/** Twins forked after `fromStep` steps. Plain JSON. */
export interface Instability extends Path {
  readonly fromStep: number;
}

/**
 * Asks when the outcome of training stops hanging on the order of the data.
 *
 *     w_k after k steps → twice on to the end with different orders → wA, wB → E along wA – wB
 *
 * A barrier means that the order decides in which valley training ends; none, that w_k had settled on one. Also for
 * fine-tuning: load a checkpoint into the model and fork at step 0.
 *
 * Model and optimizer are as they were before, afterwards.
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

  const train = async (fromStep: number, run: Run, begin: number, end: number) => {
    for (let step = begin; step < end; step++) {
      signal?.throwIfAborted();
      await trainStep(run, step);
      onProgress?.({ fromStep, run, done: step + 1 - begin, total: end - begin });
    }
  };
  const twin = async (fork: Snapshot, fromStep: number, run: Run) => {
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
