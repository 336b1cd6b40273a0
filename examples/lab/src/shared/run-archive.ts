import type { CheckpointFiles, MetricRecord } from '@evenkeel/trainer';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import type { Sample } from './messages.js';

/** A run's folder: what it is, a checkpoint, and what was recorded until then. */
export interface RunArchive {
  /** Its `run.json`. */
  readonly run: string;
  /** The files of its checkpoint. */
  readonly files: CheckpointFiles;
  readonly records: readonly MetricRecord[];
  readonly samples: readonly Sample[];
}

const RUN = 'run.json';
const METRICS = 'metrics.jsonl';
const CHECKPOINTS = 'checkpoints/';
/** Of `run.json` and the checkpoint's files, as `sha256sum -c SHA256SUMS` reads it: weights have no other check. */
const SUMS = 'SHA256SUMS';
/** More than any model here needs; a zip may claim to be larger than it is. */
const MAX_BYTES = 2 ** 30;

/** The name of a run: the SHA-256 of its `run.json`. */
export const nameOfRun = (run: string): string => bytesToHex(sha256(strToU8(run)));

/**
 * Packs a run's folder as a zip, laid out as the command line lays out its runs. It is stored and not compressed: weights are
 * noise to a compressor.
 */
export function packRun({ run, files, records, samples }: RunArchive): Uint8Array {
  const lines = [{ run: nameOfRun(run) }, ...records, ...samples]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  const checkpoint = Object.entries(files).map(([path, bytes]) => [CHECKPOINTS + path, bytes] as const);
  const whole: Record<string, Uint8Array> = { [RUN]: strToU8(run), ...Object.fromEntries(checkpoint) };
  const sums = Object.entries(whole)
    .filter(([path]) => path !== `${CHECKPOINTS}latest`)
    .map(([path, bytes]) => `${bytesToHex(sha256(bytes))}  ${path}\n`)
    .join('');
  return zipSync({ ...whole, [METRICS]: strToU8(lines), [SUMS]: strToU8(sums) }, { level: 0 });
}

/**
 * Reads a run's folder, zipped here or by any program, with or without a folder around it.
 *
 * @throws If it is no zip, damaged, or has no `run.json`.
 */
export function unpackRun(zip: Uint8Array): RunArchive {
  let total = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > MAX_BYTES) throw new Error('it is larger than 1 GB');
        return true;
      },
    });
  } catch (error) {
    throw new Error(
      `The file cannot be read as a zip (${(error as Error).message}). It is damaged, or no checkpoint of a run.`,
      { cause: error },
    );
  }
  const inside = withoutFolder(files);
  checkSums(inside);
  if (!Object.hasOwn(inside, RUN)) {
    throw new Error(
      `The file has no ${RUN}, which says what its run is. Only runs that the lab or evenkeel train have written can go on.`,
    );
  }
  return { run: strFromU8(inside[RUN]), files: checkpointIn(inside), ...linesOf(inside[METRICS]) };
}

/** The files of the checkpoints. */
const checkpointIn = (files: Record<string, Uint8Array>): CheckpointFiles =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, bytes]) =>
      path.startsWith(CHECKPOINTS) ? [[path.slice(CHECKPOINTS.length), bytes]] : [],
    ),
  );

/** Drops the folder that all of a run's files may lie in. */
function withoutFolder(files: Record<string, Uint8Array>): Record<string, Uint8Array> {
  const run = Object.keys(files).find((path) => /^([^/]*\/)?run\.json$/.test(path));
  const prefix = run?.replace(/run\.json$/, '') ?? '';
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, bytes]) =>
      path.startsWith(prefix) ? [[path.slice(prefix.length), bytes]] : [],
    ),
  );
}

/** Files that are not there were deleted since, and those without a sum were added: neither is damage. */
function checkSums(files: Record<string, Uint8Array>): void {
  for (const line of files[SUMS] ? strFromU8(files[SUMS]).split('\n') : []) {
    const [, sum, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (path === undefined || !Object.hasOwn(files, path)) continue;
    if (bytesToHex(sha256(files[path])) === sum) continue;
    throw new Error(
      `The file is damaged: ${path} in it has changed since it was written. Take another copy.`,
    );
  }
}

/** What a `metrics.jsonl` holds. Lines of another form, which the trainer writes too, are left out. */
export function linesOf(bytes: Uint8Array | undefined): Pick<RunArchive, 'records' | 'samples'> {
  const records: MetricRecord[] = [];
  const samples: Sample[] = [];
  for (const line of bytes ? strFromU8(bytes).split('\n') : []) {
    const value = parsed(line);
    if (typeof value?.step !== 'number') continue;
    if (typeof value.sample === 'string') samples.push({ step: value.step, sample: value.sample });
    else records.push(numbersIn(value));
  }
  return { records, samples };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

const numbersIn = (value: Record<string, unknown>): MetricRecord =>
  Object.fromEntries(Object.entries(value).filter(([, number]) => typeof number === 'number')) as never;
