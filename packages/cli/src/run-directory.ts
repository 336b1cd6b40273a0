import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type CharacterTokenizer,
  characterTokenizer,
  gpt2Tokenizer,
  type Tokenizer,
  tokenizerFromJson,
} from '@evenkeel/data';
import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import {
  assignWeights,
  Mlp,
  type RunConfig,
  type RunConfigInput,
  type RunParts,
} from '@evenkeel/trainer/config';
import { CheckpointDirectory } from '@evenkeel/trainer/node';
import * as tf from '@tensorflow/tfjs';
import type { BackendOptions } from './backend.js';
import { UsageError } from './errors.js';
import { writeFile } from './write-file.js';

const RUN = 'run.json';
const TOKENIZER = 'tokenizer.json';
export const METRICS = 'metrics.jsonl';
export const CHECKPOINTS = 'checkpoints';
export const REPORT = 'report.html';

/** What is written beside the checkpoints of a run, so that it can be used without its data. */
export interface RunFile {
  readonly config: RunConfigInput;
  readonly model: { readonly gpt: GPTConfig } | { readonly mlp: ConstructorParameters<typeof Mlp>[0] };
  readonly tokenizer?: { readonly characters: readonly string[] } | { readonly name: string };
  /** Of the files that it learns from, so that a resumed run learns from the same. */
  readonly dataSha256: Readonly<Record<string, string>>;
  /** What it runs on: elsewhere sums are rounded otherwise. */
  readonly backend: BackendOptions;
}

/**
 * Writes down what a run is.
 *
 * @param before The run that it learns on from, whose tokenizer it has.
 */
export async function writeRun(
  directory: string,
  { config, model, data }: RunParts,
  { backend, kernels }: BackendOptions,
  before?: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { tokenizer } = data;
  if ('tokenizer' in config.data && /\.json$/.test(config.data.tokenizer)) {
    const known = before === undefined ? undefined : join(before, TOKENIZER);
    const file = known !== undefined && existsSync(known) ? known : config.data.tokenizer;
    await copyFile(file, join(directory, TOKENIZER));
  }
  const run: RunFile = {
    config: config as RunConfigInput,
    model: model instanceof GPT ? { gpt: model.config as GPTConfig } : { mlp: model.options },
    ...(tokenizer ? { tokenizer: describe(tokenizer) } : {}),
    dataSha256: await hashes(config),
    backend: { backend, kernels },
  };
  await writeFile(join(directory, RUN), `${JSON.stringify(run, undefined, 2)}\n`);
}

const describe = (tokenizer: Tokenizer): RunFile['tokenizer'] =>
  'vocabulary' in tokenizer
    ? { characters: (tokenizer as CharacterTokenizer).vocabulary }
    : { name: tokenizer.name };

export const isRun = (directory: string): boolean => existsSync(join(directory, RUN));

/** @throws If it is not there or damaged. */
export function readRun(directory: string): RunFile {
  const path = join(directory, RUN);
  if (!existsSync(path)) {
    throw new UsageError(
      `'${directory}' is no run (it has no ${RUN}), expected a folder that evenkeel train has written.`,
    );
  }
  try {
    const run = JSON.parse(readFileSync(path, 'utf8')) as RunFile;
    if (
      typeof run?.config === 'object' &&
      run.config !== null &&
      typeof run.model === 'object' &&
      run.model !== null
    )
      return run;
  } catch {} // damaged as well
  throw new UsageError(
    `'${path}' is damaged, expected what evenkeel train wrote. Restore it, or train anew.`,
  );
}

/** @throws If the data have changed since the run began. */
export async function checkData(directory: string, config: RunConfig): Promise<void> {
  const before = readRun(directory).dataSha256;
  for (const [file, hash] of Object.entries(await hashes(config))) {
    if (before[file] === hash) continue;
    throw new UsageError(
      `'${file}' has changed since the run '${directory}' began, expected the same. Begin a new run: evenkeel train`,
    );
  }
}

/** Of each file of data. One that is missing is named when it is opened. */
async function hashes({ data }: RunConfig): Promise<Record<string, string>> {
  const files = [
    'file' in data ? data.file : undefined,
    'validation' in data ? data.validation : undefined,
  ].filter((file): file is string => file !== undefined && existsSync(file));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await sha256Of(file)] as const)),
  );
}

/** A model, and its tokenizer if it has one. */
export interface OpenedModel {
  readonly model: GPT | Mlp;
  readonly tokenizer?: Tokenizer;
  /** The step of the checkpoint, of a run. */
  readonly step?: number;
  /** The config of the run, of a run. */
  readonly config?: RunConfigInput;
  /** The run's folder, of a run. */
  readonly directory?: string;
}

/**
 * Opens a model: a run's folder (its newest checkpoint, or `which`), one of its checkpoints, or a folder or hub id with
 * config.json and safetensors.
 *
 * @throws If there is none.
 */
async function openModel(source: string, which = 'latest'): Promise<OpenedModel> {
  const named = runNamed(source);
  if (!named) {
    const tokenizer = join(source, TOKENIZER);
    return {
      model: await GPT.load(source),
      ...(existsSync(tokenizer) ? { tokenizer: tokenizerFromJson(readFileSync(tokenizer, 'utf8')) } : {}),
    };
  }
  const { directory, step = which } = named;
  const run = readRun(directory);
  const checkpoints = checkpointsOf(directory);
  const snapshot = await checkpoints.load(step);
  if (!snapshot) throw noCheckpoint(directory, step, await checkpoints.folders());
  const model = 'gpt' in run.model ? new GPT(run.model.gpt) : new Mlp(run.model.mlp);
  try {
    assignWeights(model, snapshot.weights, source);
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    tf.dispose([...snapshot.weights, ...snapshot.optimizer].map(({ tensor }) => tensor));
  }
  return {
    model,
    tokenizer: await tokenizerOf(directory),
    step: snapshot.state.step,
    config: run.config,
    directory,
  };
}

/** The run of a path, and which of its checkpoints, if it is one's: runs/x or runs/x/checkpoints/step-00000500. */
export function runNamed(path: string): { directory: string; step?: string } | undefined {
  if (isRun(path)) return { directory: path };
  const [, directory, step] = /^(.*?)[\\/]checkpoints[\\/](step-[^\\/]+)[\\/]?$/.exec(path) ?? [];
  return directory !== undefined && isRun(directory) ? { directory, step } : undefined;
}

const checkpointsOf = (directory: string) =>
  new CheckpointDirectory({ directory: join(directory, CHECKPOINTS) });

const noCheckpoint = (directory: string, which: string, there: readonly string[]) =>
  new UsageError(
    `'${directory}' has no checkpoint '${which}', expected one${there.length > 0 ? ` of ${there.join(', ')}` : ''}.`,
  );

/** Whether a run has weights of its own to go on from. */
export const hasCheckpoint = async (directory: string): Promise<boolean> =>
  (await checkpointsOf(directory).folders()).length > 0;

/** What a config takes over from a run to learn on from it. */
export interface LearnedModel {
  /** The run's folder. */
  readonly directory: string;
  /** A run config's `model`: that of the run, with the checkpoint whose weights it begins with. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly expandHead: boolean | undefined;
  /** A run config's `data.tokenizer`, if the run has one. */
  readonly tokenizer: string | undefined;
}

/**
 * What the model of a run is, for a config that learns on from it. The checkpoint is named, so that the config means the
 * same weights when the run has gone on.
 *
 * @param path A run (its newest checkpoint), or a checkpoint of one. Nothing if it is neither.
 * @throws If there is no such checkpoint.
 */
export async function learnedModel(path: string): Promise<LearnedModel | undefined> {
  const named = runNamed(path);
  if (!named) return undefined;
  const { directory } = named;
  const { model, config, tokenizer } = readRun(directory);
  const there = await checkpointsOf(directory).folders();
  const { step = there[0] } = named;
  if (!there.includes(step)) throw noCheckpoint(directory, step ?? 'latest', there);
  const name = tokenizer && ('characters' in tokenizer ? 'characters' : tokenizer.name);
  return {
    directory,
    model: { ...describedIn(model), load: resolve(directory, CHECKPOINTS, step) },
    expandHead: config.expandHead,
    tokenizer: (config.data as { tokenizer?: string }).tokenizer ?? name,
  };
}

/** The model of a run as a config describes it. Its outputs follow from the data, its head from the loss. */
function describedIn(model: RunFile['model']): object {
  if ('gpt' in model) {
    const { head: _, expandHead: __, ...choices } = model.gpt;
    return choices;
  }
  const { widths, activation, bias } = model.mlp;
  return { architecture: 'mlp', hidden: widths.slice(1, -1), activation, bias };
}

/** Opens a model for as long as some work takes. */
export async function withModel<T>(
  source: string,
  which: string,
  work: (opened: OpenedModel) => Promise<T>,
): Promise<T> {
  const opened = await openModel(source, which);
  try {
    return await work(opened);
  } finally {
    opened.model.dispose();
  }
}

/** A parameter's name without its model's. */
export const localName = (name: string): string => name.slice(name.indexOf('/') + 1);

/** The tokenizer of a run, if it has one. */
export async function tokenizerOf(directory: string): Promise<Tokenizer | undefined> {
  const { tokenizer } = readRun(directory);
  const file = join(directory, TOKENIZER);
  if (existsSync(file)) return tokenizerFromJson(readFileSync(file, 'utf8'));
  if (!tokenizer) return undefined;
  if ('characters' in tokenizer) return characterTokenizer(tokenizer.characters);
  return tokenizer.name === 'gpt2' ? gpt2Tokenizer() : undefined;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
