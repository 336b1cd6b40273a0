import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type PublishedTokenizer, type Tokenizer, tokenizerFromFolder } from '@evenkeel/data';
import { makeFolder } from '@evenkeel/files';
import { CheckpointDirectory } from '@evenkeel/loop/node';
import type { RunParts } from '../build-run.js';
import type { RunConfig } from '../config/schema.js';
import { UsageError } from '../usage-error.js';
import { writeFile } from '../write-file.js';
import {
  type BackendOptions,
  describedTokenizer,
  parseRunFile,
  type RunFile,
  runFileText,
} from './run-file.js';

const RUN = 'run.json';
export const TOKENIZER = 'tokenizer.json';
export const METRICS = 'metrics.jsonl';
export const CHECKPOINTS = 'checkpoints';
export const REPORT = 'report.html';

/** A run that lies in a folder: what its `run.json` says. */
export interface StoredRun extends RunFile {
  readonly directory: string;
  /** Its name: the SHA-256 of its `run.json`. Its checkpoints and metrics bear it. */
  readonly run: string;
}

/**
 * Writes down what a run is, in its folder.
 *
 * @returns The run's name.
 */
export async function writeRun(directory: string, parts: RunParts, backend: BackendOptions): Promise<string> {
  await makeFolder('evenkeel', directory);
  for (const [name, text] of Object.entries(filesOf(parts.data.tokenizer))) {
    await writeFile(join(directory, name), text);
  }
  const { backend: name, kernels } = backend;
  const text = runFileText(parts, {
    backend: { backend: name, kernels },
    dataSha256: await hashes(parts.config),
  });
  await writeFile(join(directory, RUN), text);
  return nameOfRun(text);
}

const nameOfRun = (text: string): string => createHash('sha256').update(text).digest('hex');

export const isRun = (directory: string): boolean => existsSync(join(directory, RUN));

/** @throws If it is not there, damaged, or of an earlier version. */
export function readRun(directory: string): StoredRun {
  const path = join(directory, RUN);
  if (!existsSync(path)) {
    throw new UsageError(
      `'${directory}' is no run (it has no ${RUN}), expected a folder that evenkeel train has written.`,
    );
  }
  const text = readFileSync(path, 'utf8');
  return { ...parseRunFile(text, path, join(directory, CHECKPOINTS)), directory, run: nameOfRun(text) };
}

/**
 * @param config What is read now, in the place of the run's own config.
 * @throws If the data have changed since the run began.
 */
export async function checkData(
  { directory, dataSha256, config: own }: StoredRun,
  config = own,
): Promise<void> {
  for (const [file, hash] of Object.entries(await hashes(config))) {
    if (dataSha256[file] === hash) continue;
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
  return newest === undefined ? undefined : stepOf(newest);
}

/** The step that a checkpoint's name says: 500 of `step-00000500`. */
export const stepOf = (checkpoint: string): number => Number(/\d+/.exec(checkpoint)?.[0]);

/**
 * The name of a run's checkpoint as people say it: 500, step-00000500, latest or best.
 *
 * @throws If the run has none of that name.
 */
export async function checkpointNamed(directory: string, which: string): Promise<string> {
  if (which === 'latest' || which === 'best') return which;
  const there = await checkpointsOf(directory).folders();
  const found = there.find(
    (name) => name === which || (/^\d+$/.test(which) && stepOf(name) === Number(which)),
  );
  if (found === undefined) throw noCheckpoint(directory, which, there);
  return found;
}

/** The tokenizer of a run, if it has one. */
export async function tokenizerOf(run: StoredRun): Promise<Tokenizer | undefined> {
  const file = join(run.directory, TOKENIZER);
  return existsSync(file) ? tokenizerFromFolder(run.directory) : describedTokenizer(run);
}

/** The files that a tokenizer came from, by their names; none if it came from none. */
export const filesOf = (tokenizer: Tokenizer | undefined): Readonly<Record<string, string>> =>
  tokenizer && 'files' in tokenizer ? { ...(tokenizer as PublishedTokenizer).files } : {};

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
