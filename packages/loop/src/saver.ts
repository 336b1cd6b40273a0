import { matchByName } from '@evenkeel/safetensors';
import { dispose, type Optimizer, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { CheckpointStore, RunState, Which } from './checkpoint.js';
import type { NamedTensor } from './named-tensor.js';

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
   * @param take Takes over the rest of the state, once it is known that the weights fit.
   * @throws If it does not fit the model. Then weights and optimizer have not changed.
   */
  async load(
    store: CheckpointStore,
    which: Which,
    { check, take }: { check?(state: RunState): void; take?(state: RunState): Promise<void> } = {},
  ): Promise<RunState | undefined> {
    const snapshot = await store.load(which);
    if (!snapshot) return undefined;
    const { weights, optimizer, state } = snapshot;
    try {
      check?.(state);
      const values = matchByName('train', weights.map(named), this.variables());
      await take?.(state);
      await this.optimizer?.setWeights(optimizer.map(({ name, tensor }) => ({ name, tensor })));
      for (const [{ tensor }, variable] of values) variable.assign(tensor);
      return state;
    } finally {
      for (const { tensor } of [...weights, ...optimizer]) {
        if (!tensor.isDisposed) tensor.dispose();
      }
    }
  }
}

const named = ({ name, tensor }: NamedTensor) => ({ name, shape: tensor.shape, tensor });
