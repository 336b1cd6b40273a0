import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type CharacterTokenizer,
  characterTokenizer,
  gpt2Tokenizer,
  type Tokenizer,
  tokenizerFromJson,
} from '@evenkeel/data';
import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import { CheckpointDirectory } from '@evenkeel/loop/node';
import type { RunParts } from '../build-run.js';
import type { RunConfig, RunConfigInput } from '../config/schema.js';
import type { Mlp } from '../parts/mlp.js';
import { UsageError } from '../usage-error.js';
import { writeFile } from '../write-file.js';

/** Where numbers are computed. */
export interface BackendOptions {
  readonly backend: string;
  /** Whether wasm has our kernels. */
  readonly kernels: boolean;
}

const RUN = 'run.json';
export const TOKENIZER = 'tokenizer.json';
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

/** The run of a path, and which of its checkpoints, if it is one's: runs/x or runs/x/checkpoints/step-00000500. */
export function runNamed(path: string): { directory: string; step?: string } | undefined {
  if (isRun(path)) return { directory: path };
  const [, directory, step] = /^(.*?)[\\/]checkpoints[\\/](step-[^\\/]+)[\\/]?$/.exec(path) ?? [];
  return directory !== undefined && isRun(directory) ? { directory, step } : undefined;
}

export const checkpointsOf = (directory: string) =>
  new CheckpointDirectory({ directory: join(directory, CHECKPOINTS) });

export const noCheckpoint = (directory: string, which: string, there: readonly string[]) =>
  new UsageError(
    `'${directory}' has no checkpoint '${which}', expected one${there.length > 0 ? ` of ${there.join(', ')}` : ''}.`,
  );

/** The step of a run's newest checkpoint, from which it goes on; nothing if it has none. */
export async function newestStep(directory: string): Promise<number | undefined> {
  const [newest] = await checkpointsOf(directory).folders();
  return newest === undefined ? undefined : Number(newest.replace('step-', ''));
}

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
