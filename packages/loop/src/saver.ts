import { dispose, type Optimizer, type Tensor, util, type Variable } from '@tensorflow/tfjs-core';
import type { CheckpointStore, RunState, Snapshot, Which } from './checkpoint.js';

/** Puts variables and optimizer into snapshots and back. */
export class Saver {
  constructor(
    private readonly variables: () => readonly Variable[],
    private readonly optimizer: Optimizer | undefined,
  ) {}

  async save(store: CheckpointStore, state: RunState): Promise<void> {
    const memory = (await this.optimizer?.getWeights()) ?? [];
    const weights = this.variables().map((variable) => ({ name: variable.name, tensor: variable as Tensor }));
    try {
      await store.save({ weights, optimizer: memory, state });
    } finally {
      // The step count is made for each call; the others belong to the optimizer.
      dispose(memory.slice(0, 1).flatMap(({ name, tensor }) => (name === 'iter' ? tensor : [])));
    }
  }

  /**
   * Loads a checkpoint; nothing if there is none.
   *
   * @param check Throws if the state is not wanted.
   * @throws If it does not fit the model. Then nothing has changed.
   */
  async load(
    store: CheckpointStore,
    which: Which,
    check: (state: RunState) => void = () => {},
  ): Promise<RunState | undefined> {
    const snapshot = await store.load(which);
    if (!snapshot) return undefined;
    try {
      check(snapshot.state);
      const values = this.match(snapshot);
      await this.optimizer?.setWeights(snapshot.optimizer.map(({ name, tensor }) => ({ name, tensor })));
      for (const [variable, tensor] of values) variable.assign(tensor);
      return snapshot.state;
    } finally {
      for (const { tensor } of [...snapshot.weights, ...snapshot.optimizer]) {
        if (!tensor.isDisposed) tensor.dispose();
      }
    }
  }

  private match({ weights }: Snapshot): (readonly [Variable, Tensor])[] {
    const saved = new Map(weights.map(({ name, tensor }) => [name, tensor]));
    const pairs = this.variables().map((variable) => {
      // tf.layers adds `_1` to a name that is taken by a model that is still alive.
      const name = saved.has(variable.name) ? variable.name : variable.name.replace(/_\d+$/, '');
      const tensor = saved.get(name);
      if (tensor && util.arraysEqual(tensor.shape, variable.shape)) {
        saved.delete(name);
        return [variable, tensor] as const;
      }
      throw new Error(
        `train: the checkpoint has ${tensor ? `'${name}' in shape [${tensor.shape}]` : `no '${variable.name}'`}, ` +
          `expected shape [${variable.shape}]. Build the model that was saved, with the same names.`,
      );
    });
    const [left] = saved.keys();
    if (left === undefined) return pairs;
    throw new Error(
      `train: the checkpoint holds '${left}', which the model does not have. Build the model that was saved.`,
    );
  }
}
