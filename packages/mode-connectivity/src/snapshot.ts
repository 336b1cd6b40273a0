import { clone, dispose, keep, type Optimizer, type Tensor } from '@tensorflow/tfjs-core';
import { copyWeights, loadWeights, type Variables } from './live-model.js';
import { shown } from './what-came.js';

/** What training changes. */
interface Live {
  variables: Variables;
  optimizer: Optimizer;
}

/** Weights and optimizer state at one moment. */
export interface Snapshot {
  weights: Record<string, Tensor>;
  /** As `Optimizer.getWeights` gives them, copied: an optimizer disposes of its own. */
  state: State;
}

type State = { name: string; tensor: Tensor }[];

export async function snapshot({ variables, optimizer }: Live): Promise<Snapshot> {
  const live = await stateOf(optimizer);
  const state = live.map(({ name, tensor }) => ({ name, tensor: keep(clone(tensor)) }));
  disposeStepCount(live);
  return { weights: copyWeights(variables), state };
}

export async function restore({ variables, optimizer }: Live, { weights, state }: Snapshot): Promise<void> {
  loadWeights(variables, weights);
  const before = await stateOf(optimizer);
  await able(() => optimizer.setWeights(state));
  const after = await stateOf(optimizer);
  // tfjs's optimizers forget the variables that they had, and leave them in memory.
  const inUse = new Set(after.map(({ tensor }) => tensor));
  dispose(before.map(({ tensor }) => tensor).filter((tensor) => !inUse.has(tensor)));
  disposeStepCount(after);
}

export function discard({ weights, state }: Snapshot): void {
  dispose(weights);
  dispose(state.map(({ tensor }) => tensor));
}

/** @throws Unless a value has the methods of an optimizer that remembers. */
export function checkOptimizer(where: string, optimizer: Partial<Optimizer> | undefined): void {
  if (typeof optimizer?.getWeights === 'function' && typeof optimizer.setWeights === 'function') return;
  throw new Error(
    `${where}: optimizer is ${shown(optimizer)}, expected a tf.Optimizer with getWeights and setWeights, such as tf.train.adam(0.001).`,
  );
}

const stateOf = (optimizer: Optimizer): Promise<State> => able(() => optimizer.getWeights());

/** Of what `Optimizer.getWeights` gives, the step count alone is made for its caller. */
const disposeStepCount = (state: State): void =>
  dispose(state.filter(({ name }) => name === 'iter').map(({ tensor }) => tensor));

/** Not every optimizer that has the methods can do what they say: Adamax throws. */
async function able<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `instabilityAnalysis: the optimizer cannot save or restore its state (${reason}), expected getWeights and setWeights ` +
        `that work. Train with another, such as Adam.`,
      { cause },
    );
  }
}
