import type { Tokenizer } from '@evenkeel/data';
import { GPT, type GPTConfig, type Published } from '@evenkeel/gpt-model';
import type { Callback, Loss } from '@evenkeel/loop';
import type { RunConfig } from './config/schema.js';
import { checkKnown, checkTokens } from './parts/check-tokens.js';
import { type ConfiguredData, dataOf } from './parts/data-of.js';
import { collapseOf, lossOf } from './parts/loss-of.js';
import { activationMeasure, certificateMeasure, grokkingMeasure } from './parts/measures.js';
import type { Mlp } from './parts/mlp.js';
import { isPublished, modelOf } from './parts/model-of.js';
import { type ConfiguredOptimizer, optimizerOf } from './parts/optimizer-of.js';
import { openPublished, type PublishedModel } from './parts/published-model.js';
import { UsageError } from './usage-error.js';

/** The run that another one learns on from. */
export interface SourceRun {
  /** Its folder. */
  readonly directory: string;
  /** Its name, which its checkpoints bear. */
  readonly run: string;
  /** The tokens that its model knows. */
  readonly tokenizer?: Tokenizer;
}

/** What a run consists of: what one would write by hand, and could train by hand with `train`. */
export interface RunParts {
  readonly config: RunConfig;
  /** The run that it learns on from, if it does. */
  readonly source?: SourceRun;
  /** The model, which is the caller's to dispose. */
  readonly model: GPT | Mlp;
  readonly data: ConfiguredData;
  readonly loss: Loss;
  readonly optimizer: ConfiguredOptimizer;
  /** Callbacks that measure what the config asks for. */
  readonly callbacks: readonly Callback[];
  /** Frees the optimizer's memory and closes the data. The model stays. */
  close(): Promise<void>;
}

/** What a config does not say about the parts. */
export interface BuildRunOptions {
  /** The run whose checkpoint `model.load` names. Its tokenizer takes the place of the config's. */
  readonly source?: SourceRun;
  /** Takes the place of the source's or the config's tokenizer: a model that goes on knows its tokens. */
  readonly tokenizer?: Tokenizer;
  /** Whether the checkpoint that `model.load` names is read. Default true. A run that goes on has weights of its own. */
  readonly loadWeights?: boolean;
  /**
   * Whether a file of tokens is read whole first and compared with the SHA-256 in its sidecar: once in a process, as long as nobody
   * writes to it. Default true; false for files so large that the time matters.
   */
  readonly verify?: boolean;
  /** Of a run that goes on: what its published model is, so that the files from which it began need not be there any more. */
  readonly begun?: { readonly gpt: GPTConfig; readonly published?: Published };
}

/**
 * Builds model, data, loss, optimizer and callbacks from a config that `parseRunConfig` has checked.
 *
 *     const { model, data, loss, optimizer, callbacks, close } = await buildRun(parseRunConfig(config));
 *     await train({ model, data: data.train, loss, optimizer, callbacks, steps: 100 });
 *
 * @throws If the parts do not fit each other. Then nothing is left open.
 */
export async function buildRun(config: RunConfig, options: BuildRunOptions = {}): Promise<RunParts> {
  const { model, data } = await modelAndData(config, options);
  const heads = 'parameters' in model ? model.config.heads : 1;
  const optimizer = optimizerOf(config, { heads });
  const { every, certifyEvery } = config.measure;
  return {
    config,
    source: options.source,
    model,
    data,
    loss: lossOf(config) as Loss,
    optimizer,
    callbacks: [
      grokkingMeasure(optimizer),
      activationMeasure(model, collapseOf(config), every),
      ...(certifyEvery === undefined ? [] : [certificateMeasure(model, certifyEvery)]),
    ],
    async close() {
      optimizer.dispose();
      await data.close();
    },
  };
}

/** A published model comes first: it says how long a row is, and which tokens it knows. Any other follows from its data. */
async function modelAndData(
  config: RunConfig,
  { source, tokenizer: known = source?.tokenizer, loadWeights, verify, begun }: BuildRunOptions,
): Promise<Pick<RunParts, 'model' | 'data'>> {
  let published: PublishedModel | undefined;
  if (isPublished(config)) {
    published = begun
      ? { model: new GPT(begun.gpt, { published: begun.published }), tokenizer: known }
      : await openPublished(config, known);
  }
  const tokenizer = published?.tokenizer ?? known;
  let data: ConfiguredData | undefined;
  try {
    data = await dataOf(config, {
      tokenizer,
      verify,
      ...(published && { contextLength: contextOf(config, published.model) }),
    });
    if (published) checkKnown(published, data);
    else checkTokens(tokenizer, data);
    checkContext(config, published?.model);
    return {
      model: published?.model ?? (await modelOf(config, data, { loadWeights, source: source?.run })),
      data,
    };
  } catch (error) {
    published?.model.dispose();
    await data?.close();
    throw error;
  }
}

/** @throws If rows are longer than the context that the model is said to have. */
function checkContext({ data, model: described }: RunConfig, published: GPT | undefined): void {
  const wanted = 'contextLength' in data ? data.contextLength : undefined;
  const given = published?.config.contextLength ?? (described as { contextLength?: number }).contextLength;
  if (wanted === undefined || given === undefined || wanted <= given) return;
  throw new UsageError(
    `run config: data.contextLength is ${wanted} and the context of the model ${given}, expected at most that. Take shorter rows, or ` +
      'a model with a longer context.',
  );
}

const contextOf = ({ data }: RunConfig, model: GPT): number =>
  ('contextLength' in data ? data.contextLength : undefined) ?? model.config.contextLength;
