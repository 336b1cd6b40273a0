import type { Tokenizer } from '@evenkeel/data';
import type { GPT } from '@evenkeel/gpt-model';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Callback } from '../callback.js';
import type { Which } from '../checkpoint.js';
import type { Checkpointing } from '../options.js';
import { type TrainResult, train } from '../train.js';
import type { WorkersOptions } from '../workers.js';
import { type ConfiguredData, dataOf } from './data-of.js';
import { lossOf } from './loss-of.js';
import {
  activationMeasure,
  certificateMeasure,
  countedAccuracy,
  countedTargets,
  grokkingMeasure,
} from './measures.js';
import type { Mlp } from './mlp.js';
import { isPublished, modelOf } from './model-of.js';
import { type ConfiguredOptimizer, optimizerOf } from './optimizer-of.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from './schema.js';

/** What a config is not about: who watches, and whether to go on. */
export interface TrainFromConfigOptions {
  /** Beside those that measure what the config asks for. */
  readonly callbacks?: readonly Callback[];
  readonly resume?: boolean | Which;
  /** In the place of the config's: a store of your own, as a page needs. */
  readonly checkpoint?: Checkpointing;
  readonly signal?: AbortSignal;
  /** In the place of the config's: a model that learns on knows its tokens. */
  readonly tokenizer?: Tokenizer;
  /** Whether a checkpoint that `model.load` names is read. Default true; a run that goes on has weights of its own. */
  readonly loadWeights?: boolean;
  /** What further threads run, as for `train`: a module that calls `trainFromConfig` with the same config. */
  readonly workers?: Pick<WorkersOptions, 'script' | 'argv'>;
  /** Sees model and data before the first step. */
  readonly onReady?: (parts: RunParts) => unknown;
}

/** What a config has been built into. */
export interface RunParts {
  readonly config: RunConfig;
  readonly model: GPT | Mlp;
  readonly data: ConfiguredData;
  readonly optimizer: ConfiguredOptimizer;
}

/** The result of a run, with the model, which is yours to dispose. */
export interface ConfiguredResult extends TrainResult {
  readonly config: RunConfig;
  readonly model: GPT | Mlp;
  readonly tokenizer: ConfiguredData['tokenizer'];
}

/**
 * Builds model, data, loss and optimizer from a config, and trains.
 *
 *     await trainFromConfig({ data: { kind: 'modular-arithmetic' }, model: { architecture: 'mlp' }, orthograd: true });
 *
 * It is the code that one would write with `modelOf`, `dataOf`, `lossOf`, `optimizerOf` and `train`, and gives its numbers
 * bit for bit. tfjs must have its gradients: import `@tensorflow/tfjs` and choose a backend first.
 *
 * @throws If the config does not fit, and as `train`.
 */
export async function trainFromConfig(
  input: RunConfigInput,
  {
    callbacks = [],
    resume,
    signal,
    workers,
    onReady,
    tokenizer,
    loadWeights,
    ...options
  }: TrainFromConfigOptions = {},
): Promise<ConfiguredResult> {
  const config = parseRunConfig(input);
  const parts = await buildRun(config, { tokenizer, loadWeights });
  const { model, data, optimizer } = parts;
  const { steps, gradientAccumulation, logEvery, seed, guard, evaluate, measure, precision } = config;
  const checkpoint = options.checkpoint ?? config.checkpoint;
  const certify = measure.certifyEvery === undefined ? [] : [certificateMeasure(model, measure.certifyEvery)];
  try {
    await onReady?.(parts);
    const { action, ...limits } = guard;
    const result = await train({
      model: model as { variables: Variable[] },
      loss: lossOf(config),
      optimizer,
      data: data.train,
      steps,
      gradientAccumulation,
      logEvery,
      seed,
      workers: { ...workers, count: config.workers, weigh: countedTargets },
      precision,
      guard: action === 'off' ? false : { action, ...limits },
      ...(data.validation
        ? { evaluate: { data: data.validation, ...evaluate, metrics: { accuracy: countedAccuracy } } }
        : {}),
      callbacks: [
        grokkingMeasure(optimizer),
        activationMeasure(model, measure.every),
        ...certify,
        ...callbacks,
      ],
      ...(checkpoint ? { checkpoint, resume } : {}),
      signal,
      config,
    });
    return { ...result, config, model, tokenizer: data.tokenizer };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    optimizer.dispose();
    await data.close();
  }
}

/** Model, data and optimizer of a config. A published model comes first: it says how long a row is. */
export async function buildRun(
  config: RunConfig,
  { tokenizer, loadWeights }: Pick<TrainFromConfigOptions, 'tokenizer' | 'loadWeights'> = {},
): Promise<RunParts> {
  const loaded = isPublished(config) ? ((await modelOf(config)) as GPT) : undefined;
  let data: ConfiguredData | undefined;
  try {
    data = await dataOf(config, {
      tokenizer,
      ...(loaded && { contextLength: contextOf(config, loaded) }),
    });
    if (loaded && loaded.config.vocabSize < data.outputs) {
      throw new Error(
        `run config: the model has ${loaded.config.vocabSize} tokens and the data ${data.outputs}, expected at least as ` +
          'many. Take the tokenizer of the model.',
      );
    }
    const model = loaded ?? (await modelOf(config, data, { loadWeights }));
    const heads = 'parameters' in model ? model.config.heads : 1;
    return { config, model, data, optimizer: optimizerOf(config, { heads }) };
  } catch (error) {
    loaded?.dispose();
    await data?.close();
    throw error;
  }
}

const contextOf = ({ data }: RunConfig, model: GPT): number =>
  ('contextLength' in data ? data.contextLength : undefined) ?? model.config.contextLength;
