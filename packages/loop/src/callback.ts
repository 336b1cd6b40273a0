import type { NamedTensorMap, Optimizer, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';

/** Numbers of one step by name, with the step and the seconds since training began. */
export interface MetricRecord {
  readonly step: number;
  readonly seconds: number;
  readonly [metric: string]: number;
}

/** A run as its callbacks see it while it goes on. */
export interface LiveRun {
  /** Optimizer steps taken. */
  readonly step: number;
  /** How many steps there will be; Infinity if data or a callback decides. */
  readonly steps: number;
  /** The variables that are trained. */
  readonly variables: readonly Variable[];
  readonly optimizer: Optimizer | undefined;
  /** The last value of every metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Ends training after this step. */
  stop(reason: string): void;
  /** Saves a checkpoint after this step; nothing without `checkpoint`. */
  save(): void;
}

/** What a step has computed. Its tensors are freed once the callbacks have seen them. */
export interface StepTensors {
  /** NaN where nothing counted, as where all labels are ignored. */
  readonly loss: number;
  /** By the names of their variables, as the optimizer got them. */
  readonly gradients: NamedTensorMap;
  /** The batch of the step; where gradients are accumulated, the last of its batches. */
  readonly batch: Batch;
}

/** A measured number: known on the host, or a scalar that is read when the record is written. */
export type Measured = Readonly<Record<string, number | Tensor | undefined>>;

/** How training ended. */
export interface End {
  /** `'steps'`, `'data'` (there is no more), `'signal'`, `'error'`, or what a callback gave to `stop`. */
  readonly reason: string;
  readonly step: number;
  readonly error?: unknown;
}

/**
 * Looks at training from outside. Every method may be async, and is then waited for.
 *
 * Callbacks are called in their order. A callback that throws ends training with its error, unless it only watches: nothing
 * beside the training itself ends a run.
 */
export interface Callback {
  /** Names its state in checkpoints; needed with `state`. */
  readonly name?: string;
  /**
   * Whether it only watches: what it throws is then shown as a warning, once, and training goes on. An error in `onStart`
   * ends training in any case, since nothing has been learned yet. Set it for what writes files, draws and measures; leave
   * it out where training depends on the callback, or where it throws in order to end training. Default false.
   */
  readonly onlyWatches?: boolean;
  /**
   * Metrics that it goes by. Training ends with an error where, after the first evaluation, or without evaluation after the
   * first record, no metric of that name was measured.
   */
  readonly goesBy?: readonly string[];
  /** Before the first step, after a checkpoint was loaded: `run.step` is where training goes on. */
  onStart?(run: LiveRun): unknown;
  /** After every step. Reading tensors here slows every step down: use `measure`. */
  onStep?(run: LiveRun): unknown;
  /** Called where metrics are due, before the variables change. What it returns is added to the record. */
  measure?(run: LiveRun, tensors: StepTensors): Measured | Promise<Measured>;
  /** After a record is complete, be it of a step or of an evaluation. */
  onMetrics?(record: MetricRecord, run: LiveRun): unknown;
  /** After an evaluation, with what it gave. */
  onEvaluate?(result: Readonly<Record<string, number>>, run: LiveRun): unknown;
  /** After a checkpoint is complete. */
  onCheckpoint?(run: LiveRun): unknown;
  /** After training went back to an earlier step. What was recorded after that step is void. */
  onRollback?(run: LiveRun): unknown;
  /** At the end, also after an error. */
  onEnd?(end: End, run: LiveRun): unknown;
  /** What a resumed run needs, as JSON. */
  state?(): unknown;
  restore?(state: never): unknown;
}
