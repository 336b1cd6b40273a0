import {
  accuracy,
  type Callback,
  type Checkpointing,
  earlyStop,
  type TrainOptions,
  type TrainResult,
  train,
  type Which,
  type WorkersOptions,
} from '@evenkeel/loop';
import type { Variable } from '@tensorflow/tfjs-core';
import type { RunParts } from './build-run.js';
import type { RunConfig } from './config/schema.js';

/** What a config is not about: who watches, whether to go on, and where checkpoints are kept. */
export interface TrainRunOptions {
  /** Beside those that measure what the config asks for. */
  readonly callbacks?: readonly Callback[];
  readonly resume?: boolean | Which;
  /** The name of the run, which its checkpoints bear: the SHA-256 of its `run.json`. */
  readonly run?: string;
  /** In the place of the config's: a store of your own, as a page needs. */
  readonly checkpoint?: Checkpointing;
  readonly signal?: AbortSignal;
  /** What further threads run, as for `train`: a module that trains with the same config. */
  readonly workers?: Pick<WorkersOptions, 'script' | 'argv'>;
}

/**
 * Trains the parts of a run, which stay the caller's.
 *
 *     const parts = await buildRun(parseRunConfig(config));
 *     const { metrics } = await trainRun(parts);
 *     await parts.close();
 *
 * @throws As `train`.
 */
export const trainRun = (parts: RunParts, options: TrainRunOptions = {}): Promise<TrainResult> =>
  train(trainOptionsOf(parts, options));

function earlyStopOf({ earlyStop: option }: RunConfig): Callback[] {
  if (option === false) return [];
  return [earlyStop(typeof option === 'object' ? option : option === true ? {} : { patience: option })];
}

/** The best checkpoint by validation loss is kept, unless another metric is named or nothing is validated. */
const withBest = (checkpoint: Checkpointing, isValidated: boolean): Checkpointing =>
  'directory' in checkpoint && checkpoint.best === undefined && isValidated
    ? { ...checkpoint, best: 'validationLoss' }
    : checkpoint;

/** What `train` is given for a run: the parts, and all that the config says about the loop. */
function trainOptionsOf(
  { config, model, data, loss, optimizer, callbacks }: RunParts,
  { callbacks: others = [], resume, run, checkpoint = config.checkpoint, signal, workers }: TrainRunOptions,
): TrainOptions {
  const { steps, gradientAccumulation, logEvery, seed, evaluate, precision } = config;
  const { action, ...limits } = config.guard;
  return {
    model: model as { variables: Variable[] },
    loss,
    optimizer,
    data: data.train,
    steps,
    gradientAccumulation,
    logEvery,
    seed,
    workers: { ...workers, count: config.workers },
    precision,
    guard: action === 'off' ? false : { action, ...limits },
    ...(data.validation ? { evaluate: { data: data.validation, ...evaluate, metrics: { accuracy } } } : {}),
    callbacks: [...callbacks, ...earlyStopOf(config), ...others],
    ...(checkpoint ? { checkpoint: withBest(checkpoint, data.validation !== undefined), resume } : {}),
    signal,
    run,
  };
}
