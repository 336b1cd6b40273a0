import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PublishedTokenizer, type Tokenizer, tokenizerFromFolder } from '@evenkeel/data';
import { fileKind } from '@evenkeel/files';
import { CheckpointDirectory, type FolderLock, lockFolder } from '@evenkeel/loop/node';
import type { RunParts } from '../build-run.js';
import { UsageError } from '../usage-error.js';
import { writeFile } from '../write-file.js';
import { dataHashes, sha256 } from './data-hashes.js';
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
 * @param lock The folder's, if the caller has it. Otherwise it is locked meanwhile.
 * @returns The run's name.
 * @throws If the folder holds another run already: checkpoints of one beside the description of another would belong to none. Of
 *     several processes that begin at once, one gets the folder.
 */
export async function writeRun(
  directory: string,
  parts: RunParts,
  backend: BackendOptions,
  lock?: FolderLock,
): Promise<string> {
  const own = lock ? undefined : await lockFolder('evenkeel', directory);
  try {
    if (isRun(directory)) {
      throw new UsageError(
        `'${directory}' holds a run already, expected a folder without one. Name another.`,
      );
    }
    for (const [name, text] of Object.entries(filesOf(parts.data.tokenizer))) {
      await writeFile(join(directory, name), text);
    }
    const text = runFileText(parts, {
      backend,
      dataSha256: await dataHashes(parts.config),
    });
    await writeFile(join(directory, RUN), text);
    return sha256(text);
  } finally {
    await own?.release();
  }
}

export const isRun = (directory: string): boolean => existsSync(join(directory, RUN));

/** @throws If it is not there, damaged, or of an earlier version. */
export function readRun(directory: string): StoredRun {
  const path = join(directory, RUN);
  if (!existsSync(path)) {
    throw new UsageError(
      `'${directory}' is no run (it has no ${RUN}), expected a folder that evenkeel train has written.`,
    );
  }
  if (!statSync(path).isFile()) {
    throw new UsageError(
      `'${path}' is ${fileKind(statSync(path))}, expected a plain file. Put the run's own back.`,
    );
  }
  const text = readFileSync(path, 'utf8');
  return { ...parseRunFile(text, path, join(directory, CHECKPOINTS)), directory, run: sha256(text) };
}

/** @throws If the data have changed since the run began; of a file of tokens, its sidecar. */
export async function checkData({ directory, dataSha256, config }: StoredRun): Promise<void> {
  for (const [file, hash] of Object.entries(await dataHashes(config))) {
    if (dataSha256[file] === hash) continue;
    throw new UsageError(
      `'${file}' has changed since the run '${directory}' began, expected the same. Begin a new run: evenkeel train`,
    );
  }
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
