import type { CheckpointStore, Snapshot, Which } from '../checkpoint.js';

export interface CheckpointDirectoryOptions {
  /** Where the checkpoints go, one folder each. */
  readonly directory: string;
  /** How many of the newest are kept, ≥ 1; Infinity: all. Default 3. */
  readonly keep?: number;
  /** Which metric makes a checkpoint the best, kept besides; its smallest value, or with `mode: 'max'` its largest. */
  readonly best?: string | { readonly metric: string; readonly mode: 'min' | 'max' };
}

/** Checkpoints as folders in a directory. */
export class CheckpointDirectory implements CheckpointStore {
  constructor(readonly options: CheckpointDirectoryOptions) {}
  async save(_snapshot: Snapshot): Promise<void> {
    throw new Error('CheckpointDirectory: pending');
  }
  async load(_which: Which): Promise<Snapshot | undefined> {
    throw new Error('CheckpointDirectory: pending');
  }
}
