import { isDeepStrictEqual } from 'node:util';
import type { Tensor } from '@tensorflow/tfjs-core';
import { choiceOf } from '../config/fields.js';
import { type Override, type RawConfig, withOverrides } from '../config/overrides.js';
import { parseRunConfig, type RunConfig } from '../config/schema.js';
import { dataInFull } from '../config/short-forms.js';
import { checkTokens } from '../parts/check-tokens.js';
import { type ConfiguredData, dataOf } from '../parts/data-of.js';
import { Mlp } from '../parts/mlp.js';
import { UsageError } from '../usage-error.js';
import type { OpenedModel } from './opened-model.js';
import { checkData } from './run-folder.js';

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
 * @param options `whole`: other texts or tokens than the models learned from are not divided, unless flags say so.
 * @throws If there are none, if the models learned from different ones or by different losses, or if the data do not fit.
 */
export async function judgesOf(
  models: readonly OpenedModel[],
  overrides: readonly Override[],
  { whole = false }: { readonly whole?: boolean } = {},
): Promise<Judges> {
  const [config, ...others] = judgingConfigs(models, overrides, whole);
  for (const other of others) checkSameJudge(config, other);
  await checkUnchanged(models, config);
  const [{ model }] = models;
  const contextLength = 'config' in model ? model.config.contextLength : undefined;
  const tokenizer = models.find(({ tokenizer }) => tokenizer)?.tokenizer;
  if (tokenizer && overrides.some(({ field }) => field.path === 'data.tokenizer')) {
    throw new UsageError(
      '--data.tokenizer came for a model that has tokens of its own, expected none. Leave it out.',
    );
  }
  const data = await dataOf(config, {
    contextLength: (config.data as { contextLength?: number }).contextLength ?? contextLength,
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

/** The config of each run as flags change it; where no model is one's, what flags say alone. */
function judgingConfigs(
  models: readonly OpenedModel[],
  overrides: readonly Override[],
  whole: boolean,
): RunConfig[] {
  const own = models.flatMap(({ run }) => (run ? [run.config] : []));
  if (overrides.length === 0 && own.length > 0) return own;
  return (own.length > 0 ? (own as RawConfig[]) : [{}]).map((config) => {
    const raw = withOverrides(namesLoss(overrides) ? { ...config, loss: undefined } : config, overrides);
    if (raw.data !== undefined) return parseRunConfig(whole ? undivided(raw, overrides) : raw);
    throw new UsageError(
      'there are no data to judge by, expected those of a run, or --data FILE: a text, or tokens (.bin).',
    );
  });
}

/** Data that flags name are one part, where nothing says how they are divided. */
function undivided(raw: RawConfig, overrides: readonly Override[]): RawConfig {
  const data = dataInFull(raw.data) as RawConfig;
  const isNamed = overrides.some(({ field }) => choiceOf(field) === 'data' || field.path === 'data.file');
  const isDivided = overrides.some(({ field: { path } }) => /^data\.validation/.test(path));
  const canBe = data.kind === 'text' || data.kind === 'tokens';
  return isNamed && canBe && !isDivided ? { ...raw, data: { ...data, validationFraction: 0 } } : raw;
}

/** Whether flags say by which loss, whatever guards those of the runs have. */
const namesLoss = (overrides: readonly Override[]): boolean =>
  overrides.some(({ field }) => choiceOf(field) === 'loss');

/** What one learned from must not be what the other is judged by as if it were unseen; nor is one judged by the other's loss. */
function checkSameJudge(one: RunConfig, other: RunConfig): void {
  const [first, second] = [learnedFrom(one), learnedFrom(other)];
  const name = differing(first, second);
  if (name !== undefined) {
    throw new UsageError(
      `the models learned from different data (data.${name} is ${first[name]} and ${second[name]}), so that one may have learned what ` +
        `the other is judged by; expected the same. Train both with the same --data.${name}, or name what to judge by: --data FILE`,
    );
  }
  if (isDeepStrictEqual(one.loss, other.loss)) return;
  throw new UsageError(
    `the models learned by different losses (${shownLoss(one)} and ${shownLoss(other)}), expected the same. Say which to judge both by: --loss ${one.loss.name}`,
  );
}

/** The first name under which two records hold different things. */
export const differing = (a: object, b: object): string | undefined =>
  Object.keys({ ...a, ...b }).find(
    (name) => !isDeepStrictEqual((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );

const shownLoss = ({ loss: { name, ...guards } }: RunConfig): string =>
  Object.keys(guards).length === 0 ? name : `${name} ${JSON.stringify(guards)}`;

/** Which examples a model learned, whatever their order. */
function learnedFrom({ data, seed }: RunConfig): Record<string, unknown> {
  const { batchSize: _, order: __, contextLength: ___, ...rest } = data as Record<string, unknown>;
  return 'trainFraction' in data ? { ...rest, splitSeed: data.splitSeed ?? seed } : rest;
}

/** Data that a model learned from must be what they were. */
async function checkUnchanged(models: readonly OpenedModel[], judging: RunConfig): Promise<void> {
  for (const { run } of models) {
    if (run && !differing(learnedFrom(run.config), learnedFrom(judging))) await checkData(run);
  }
}

function checkFits({ model, tokenizer, run }: OpenedModel, data: ConfiguredData): void {
  if (model instanceof Mlp) {
    const { widths } = model.options;
    const [inputs, outputs] = [widths[0], widths.at(-1)! - (run?.config.expandHead ? 1 : 0)];
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
  checkTokens(tokenizer, data);
}
