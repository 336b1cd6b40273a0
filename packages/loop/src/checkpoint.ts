import type { Best } from './best.js';
import type { NamedTensor } from './named-tensor.js';

/** All that a run needs to go on bit for bit. */
export interface Snapshot {
  readonly weights: readonly NamedTensor[];
  /** The optimizer's memory as its `getWeights()` gives it, in its order. */
  readonly optimizer: readonly NamedTensor[];
  readonly state: RunState;
}

/** Where a run stands, as JSON. */
export interface RunState {
  readonly step: number;
  /** What is random in a step comes from this and the step. */
  readonly seed: number;
  /** Where the data stands. */
  readonly data: unknown;
  /** Seconds of training until there. */
  readonly seconds: number;
  /** The last value of every metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The step at which each of them was measured. */
  readonly metricSteps: Readonly<Record<string, number>>;
  /** What callbacks remember, by their names. */
  readonly callbacks: Readonly<Record<string, unknown>>;
  /** What a guard's rollbacks have left of the learning rate. */
  readonly learningRateScale: number;
  readonly rollbacks: number;
  /** The losses of the first steps, which a guard compares with. */
  readonly firstLosses: readonly number[];
  /** The best value so far of the metric that `checkpoint.best` names. A store marks the snapshot of that step. */
  readonly best?: Best;
  /** The name of the run, if it has one. */
  readonly run?: string;
}

/** Which checkpoint: the newest that is complete, the best, or one by its name. */
export type Which = 'latest' | 'best' | (string & {});

/** Where checkpoints are kept. */
export interface CheckpointStore {
  /** Keeps a snapshot; its tensors may change afterwards. It is there complete, or not at all. */
  save(snapshot: Snapshot): Promise<void>;
  /** Loads one; nothing if there is none. The tensors are the caller's to dispose. */
  load(which: Which): Promise<Snapshot | undefined>;
  /** Called once before a run loads or saves. */
  open?(): Promise<void>;
  /** Called when training goes on from a snapshot that was loaded. What is newer must not be loaded as `'latest'` any more. */
  goOnFrom?(state: RunState): Promise<void>;
  /** Called once when the run ends, however it does. */
  close?(): Promise<void>;
}
