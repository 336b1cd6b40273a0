import { clone, dispose, keep } from '@tensorflow/tfjs-core';
import type { CheckpointStore, Snapshot } from './checkpoint.js';
import type { NamedTensor } from './named-tensor.js';

/** Keeps the last checkpoint in memory: what a guard goes back to where there is no directory. */
export class MemoryCheckpoints implements CheckpointStore {
  private last: Snapshot | undefined;

  async save(snapshot: Snapshot): Promise<void> {
    this.dispose();
    this.last = copyOf(snapshot);
  }

  async load(): Promise<Snapshot | undefined> {
    return this.last && copyOf(this.last);
  }

  dispose(): void {
    if (this.last) dispose([...this.last.weights, ...this.last.optimizer].map(({ tensor }) => tensor));
    this.last = undefined;
  }
}

const copyOf = ({ weights, optimizer, state }: Snapshot): Snapshot => ({
  weights: weights.map(copy),
  optimizer: optimizer.map(copy),
  state: structuredClone(state),
});

const copy = ({ name, tensor }: NamedTensor): NamedTensor => ({ name, tensor: keep(clone(tensor)) });
