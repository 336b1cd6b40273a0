import {
  clone,
  dispose,
  keep,
  type NamedTensorMap,
  type Optimizer,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { errorAlongPath, type Path, type PathOptions } from './error-along-path.js';
import { copyWeights, loadWeights } from './live-model.js';

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
  /** Steps after which twins are forked, each in [0, steps]. 0: from initialisation, or from a loaded checkpoint. */
  fromSteps: readonly number[];
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
 * @throws If an option is out of range. Model and optimizer are restored in any case.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 3.
 */
export async function instabilityAnalysis<Batch>(options: InstabilityOptions<Batch>): Promise<Instability[]> {
  const { variables, trainStep, steps, fromSteps, onProgress, signal } = options;
  checkSteps(steps, fromSteps);

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
  const results = new Map<number, Instability>();
  let fork = start;
  try {
    let reached = 0;
    for (const fromStep of [...new Set(fromSteps)].sort((a, b) => a - b)) {
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
      } finally {
        dispose(twins as unknown as NamedTensorMap[]);
      }
    }
  } finally {
    await restore(options, start);
    if (fork !== start) discard(fork);
    discard(start);
  }
  return fromSteps.map((fromStep) => results.get(fromStep)!);
}

/** What training changes. */
type Live = Pick<InstabilityOptions<unknown>, 'variables' | 'optimizer'>;

/** Weights and optimizer state at one moment. */
interface Snapshot {
  weights: Record<string, Tensor>;
  /** As `Optimizer.getWeights` gives them, copied: an optimizer disposes of its own. */
  state: { name: string; tensor: Tensor }[];
}

async function snapshot({ variables, optimizer }: Live): Promise<Snapshot> {
  const live = await optimizer.getWeights();
  const state = live.map(({ name, tensor }) => ({ name, tensor: keep(clone<Tensor>(tensor)) }));
  disposeStepCount(live);
  return { weights: copyWeights(variables), state };
}

async function restore({ variables, optimizer }: Live, { weights, state }: Snapshot): Promise<void> {
  loadWeights(variables, weights);
  const before = await optimizer.getWeights();
  await optimizer.setWeights(state);
  const after = await optimizer.getWeights();
  // tfjs's optimizers forget the variables that they had, and leave them in memory.
  const inUse = new Set(after.map(({ tensor }) => tensor));
  dispose(before.map(({ tensor }) => tensor).filter((tensor) => !inUse.has(tensor)));
  disposeStepCount(after);
}

/** Of what `Optimizer.getWeights` gives, the step count alone is made for its caller. */
const disposeStepCount = (state: Snapshot['state']): void =>
  dispose(state.filter(({ name }) => name === 'iter').map(({ tensor }) => tensor));

function discard({ weights, state }: Snapshot): void {
  dispose(weights);
  dispose(state.map(({ tensor }) => tensor));
}

function checkSteps(steps: number, fromSteps: readonly number[]): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new Error(`instabilityAnalysis: steps is ${String(steps)}, expected a whole number ≥ 1.`);
  }
  const wrong = fromSteps.find((step) => !Number.isInteger(step) || step < 0 || step > steps);
  if (wrong !== undefined || fromSteps.length === 0) {
    throw new Error(
      `instabilityAnalysis: fromSteps has ${fromSteps.length === 0 ? 'nothing' : String(wrong)}, ` +
        `expected whole numbers from 0 to steps (${steps}). Try [0, ${Math.round(steps / 10)}, ${Math.round(steps / 2)}].`,
    );
  }
}
