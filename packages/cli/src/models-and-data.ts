import { isDeepStrictEqual } from 'node:util';
import type { CharacterTokenizer, Tokenizer } from '@evenkeel/data';
import {
  type ConfiguredData,
  dataOf,
  Mlp,
  parseRunConfig,
  type RunConfig,
  type RunConfigInput,
} from '@evenkeel/trainer/config';
import type { Tensor } from '@tensorflow/tfjs';
import { type Override, type RawConfig, withOverrides } from './config/overrides.js';
import { UsageError } from './errors.js';
import { checkData, type OpenedModel } from './run-directory.js';

/** A batch that a model is judged by. */
export interface LabelledBatch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

/** Data to judge by, that can be read again and again. */
export interface Judges {
  readonly config: RunConfig;
  readonly train: () => AsyncIterable<LabelledBatch>;
  readonly validation?: () => AsyncIterable<LabelledBatch>;
  close(): Promise<void>;
}

/**
 * Data to judge models by: those that they learned from, or those that flags name.
 *
 * @throws If there are none, if the models learned from different ones, or if the data do not fit.
 */
export async function judgesOf(
  models: readonly OpenedModel[],
  overrides: readonly Override[],
): Promise<Judges> {
  const [opened] = models;
  const raw = withOverrides((opened.config ?? {}) as RawConfig, overrides);
  if (raw.data === undefined) {
    throw new UsageError(
      'there are no data to judge by, expected those of a run, or --data FILE: a text, or tokens (.bin).',
    );
  }
  const config = parseRunConfig(raw);
  if (!overrides.some(({ field }) => field.path.startsWith('data'))) {
    checkSameData(models);
    for (const { directory, config } of models) {
      if (directory !== undefined && config) await checkData(directory, parseRunConfig(config));
    }
  }
  const { model, tokenizer } = opened;
  const data = await dataOf(config, {
    ...('config' in model ? { contextLength: model.config.contextLength } : {}),
    tokenizer,
  });
  try {
    for (const model of models) checkFits(model, data);
    const pass = (source: unknown) => () => (source as { pass(): AsyncIterable<LabelledBatch> }).pass();
    if (typeof (data.train as { pass?: unknown }).pass !== 'function') {
      throw new UsageError(
        `data of kind '${config.data.kind}' cannot be read again and again, expected text, tokens or examples.`,
      );
    }
    return {
      config,
      train: pass(data.train),
      ...(data.validation ? { validation: pass(data.validation) } : {}),
      close: () => data.close(),
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** What one learned from must not be what the other is judged by as if it were unseen. */
function checkSameData(models: readonly OpenedModel[]): void {
  const [first, ...others] = models.flatMap(({ config }) => (config ? [learnedFrom(config)] : []));
  for (const other of others) {
    const name = Object.keys({ ...first, ...other }).find(
      (name) => !isDeepStrictEqual(first[name], other[name]),
    );
    if (name === undefined) continue;
    throw new UsageError(
      `the models learned from different data (data.${name} is ${first[name]} and ${other[name]}), so that one may have learned what ` +
        `the other is judged by; expected the same. Train both with the same --data.${name}, or name what to judge by: --data FILE`,
    );
  }
}

/** Which examples a model learned, whatever their order. */
function learnedFrom(written: RunConfigInput): Record<string, unknown> {
  const { data, seed } = parseRunConfig(written);
  const { batchSize: _, order: __, contextLength: ___, ...rest } = data as Record<string, unknown>;
  return 'trainFraction' in data ? { ...rest, splitSeed: data.splitSeed ?? seed } : rest;
}

function checkFits({ model, tokenizer }: OpenedModel, data: ConfiguredData): void {
  if (model instanceof Mlp) {
    const { widths } = model.options;
    const [inputs, outputs] = [widths[0], widths.at(-1)];
    if (inputs === data.inputs && outputs === data.outputs) return;
    throw new UsageError(
      `the data have ${data.inputs ?? 'no'} numbers and ${data.outputs} classes, expected the ${inputs} and ${outputs} of the model. Choose others with --data.`,
    );
  }
  const { vocabSize } = model.config;
  if (data.outputs > vocabSize) {
    throw new UsageError(
      `the data have ${data.outputs} tokens, expected the ${vocabSize} of the model at most. Choose others with --data, or --data.tokenizer.`,
    );
  }
  const [known, cut] = [vocabularyOf(tokenizer), vocabularyOf(data.tokenizer)];
  if (known && cut && !isDeepStrictEqual(known, cut)) {
    throw new UsageError(
      `the data were cut into other tokens than the model's, expected the same characters. Choose others with --data.`,
    );
  }
}

const vocabularyOf = (tokenizer: Tokenizer | undefined): readonly string[] | undefined =>
  tokenizer && 'vocabulary' in tokenizer ? (tokenizer as CharacterTokenizer).vocabulary : undefined;
