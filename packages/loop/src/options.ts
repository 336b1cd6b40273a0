import type { Optimizer, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import type { Data } from './batch-stream.js';
import type { BestOption } from './best.js';
import type { Callback } from './callback.js';
import type { CheckpointStore, Which } from './checkpoint.js';
import type { SumAndCount } from './counted.js';
import type { Evaluation, OwnEvaluation } from './evaluate.js';
import type { Loss } from './gradients.js';
import type { GuardOptions } from './guard.js';
import type { Model, PassOptions } from './model.js';
import type { CheckpointDirectoryOptions } from './node/checkpoint-directory.js';
import type { Precision } from './precision.js';
import { isPool, threadsOf, type Workers } from './workers.js';

/** When to save, and where: a directory (in Node), or a store of your own. */
export type Checkpointing = {
  readonly every?: number;
  /** The metric whose best value is kept: it is saved when it is seen, also where no checkpoint is due. */
  readonly best?: BestOption;
} & ({ readonly store: CheckpointStore } | CheckpointDirectoryOptions);

export interface TrainOptions {
  /** What learns: anything with `variables` and `forward`, `apply` or `predict`, or a tf.layers model. */
  readonly model?: Model;
  /** From targets and outputs to a scalar, one number per example, or `{ sum, count }`: `tf.losses.meanSquaredError`. */
  readonly loss?: Loss;
  /**
   * In the place of model and loss: from a batch to the loss that the optimizer lowers. Without `optimizer` it takes the
   * whole step itself, and may be async.
   */
  readonly step?: (
    batch: Batch & { readonly [field: string]: unknown },
    options: PassOptions,
  ) => Tensor | SumAndCount | Promise<Tensor | SumAndCount | number>;
  /** Any `tf.Optimizer`. */
  readonly optimizer?: Optimizer;
  /** What to train. Default those of the model; without one, all that are trainable when training begins. */
  readonly variables?: readonly Variable[];
  readonly data: Data;
  /** Optimizer steps in all, those before a resumption included. Default: until data ends or a callback stops it. */
  readonly steps?: number;
  /**
   * Batches per step, whose gradients are averaged: as one batch of that many times the size. A loss that says its count
   * weighs each batch by it; plain scalars weigh the same. Default 1.
   */
  readonly gradientAccumulation?: number;
  readonly evaluate?: Evaluation | OwnEvaluation;
  readonly callbacks?: readonly Callback[];
  /** Metrics are read and recorded after the first step, the last, and every so many. Default 10. */
  readonly logEvery?: number;
  /** Saves every so many steps (default 500), at the end, and when stopped by `signal`. */
  readonly checkpoint?: Checkpointing | string;
  /** Go on from the newest checkpoint, if there is one (true), or from one that must be there. Default false. */
  readonly resume?: boolean | Which;
  /** What to do when the loss is NaN, infinite or explodes. Default stop with an error. */
  readonly guard?: GuardOptions | GuardOptions['action'] | false;
  /**
   * Rounds what enters matrix products in the forward pass, on cpu and wasm: how a model would do in fewer bits. The
   * backward pass is not rounded. Default 'float32': nothing.
   */
  readonly precision?: Precision;
  /** Decides what is random in a step, a whole number from 0 to 2³² − 1. Default 0. */
  readonly seed?: number;
  /**
   * How many threads share each batch, in Node. Each computes the gradients of some of its rows; they weigh as much as the
   * loss says that it counted there, or where it does not say, by their number. Default 1. Without dropout the result is
   * that of one thread within rounding. The threads run this program once more, up to here, unless `script` says another.
   */
  readonly workers?: Workers;
  /** Ends training after the step that is being taken, with a checkpoint. */
  readonly signal?: AbortSignal;
  /**
   * Names the run in its checkpoints, as by a hash of what describes it. A run that has a name does not go on from the
   * checkpoint of another.
   */
  readonly run?: string;
}

const KNOWN: readonly (keyof TrainOptions)[] = [
  'model',
  'loss',
  'step',
  'optimizer',
  'variables',
  'data',
  'steps',
  'gradientAccumulation',
  'evaluate',
  'callbacks',
  'logEvery',
  'checkpoint',
  'resume',
  'guard',
  'precision',
  'seed',
  'workers',
  'signal',
  'run',
];

/** @throws If an option is unknown or out of range, or if options do not go together. */
export function checkOptions(options: TrainOptions): void {
  const unknown = Object.keys(options).find((key) => !KNOWN.includes(key as keyof TrainOptions));
  if (unknown) throw new Error(`train: option '${unknown}' is unknown, expected one of ${KNOWN.join(', ')}.`);
  const { model, loss, step, optimizer } = options;
  if (step ? loss : !(model && loss && optimizer)) {
    const came = Object.keys(options).join(', ') || 'nothing';
    throw new Error(
      `train: ${came} came, expected model, loss and optimizer, or step in the place of model and loss. ` +
        'Try train({ model, loss: tf.losses.meanSquaredError, optimizer: tf.train.adam(), data, steps: 100 }).',
    );
  }
  if (optimizer && typeof optimizer.applyGradients !== 'function') {
    throw new Error(
      `train: the optimizer is ${String(optimizer)}, expected a tf.Optimizer. Try tf.train.adam(1e-3).`,
    );
  }
  const {
    steps = Infinity,
    gradientAccumulation = 1,
    logEvery = 10,
    seed = 0,
    evaluate,
    checkpoint,
  } = options;
  if (steps !== Infinity) checkWhole('steps', steps, 0);
  checkWhole('gradientAccumulation', gradientAccumulation, 1);
  checkWhole('logEvery', logEvery, 1);
  checkWhole('evaluate.every', evaluate?.every ?? 100, 1);
  if (typeof checkpoint === 'object') checkWhole('checkpoint.every', checkpoint.every ?? 500, 1);
  checkWhole('seed', seed, 0);
  if (seed >= 2 ** 32) throw new Error(`train: seed is ${seed}, expected at most 2³² − 1.`);
  if (evaluate && 'data' in evaluate && !(model && loss)) {
    throw new Error(
      'train: evaluate.data came with step, expected evaluate.run, which computes its own numbers.',
    );
  }
  if (options.resume && !checkpoint) {
    throw new Error(
      'train: resume came without checkpoint, expected where to look. Add checkpoint: { directory }.',
    );
  }
  const { count: workers, timeoutSeconds = 300 } = threadsOf(options.workers);
  checkWhole('workers', workers, 1);
  if (!(timeoutSeconds > 0)) {
    throw new Error(`train: workers.timeoutSeconds is ${timeoutSeconds}, expected a number > 0.`);
  }
  if (!optimizer && (workers > 1 || isPool(options.workers ?? 1))) {
    throw new Error(
      `train: workers came without optimizer, expected one that takes the gradients. Pass the optimizer, or leave out workers.`,
    );
  }
  if (step && !optimizer && gradientAccumulation > 1) {
    throw new Error(
      'train: gradientAccumulation came without optimizer, expected one that takes the gradients.',
    );
  }
}

function checkWhole(name: string, value: number, atLeast: number): void {
  if (Number.isSafeInteger(value) && value >= atLeast) return;
  throw new Error(`train: ${name} is ${String(value)}, expected a whole number ≥ ${atLeast}.`);
}
