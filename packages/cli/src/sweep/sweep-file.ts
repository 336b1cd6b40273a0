import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@evenkeel/trainer/config';
import { writeFile } from '@evenkeel/trainer/node';

export const SWEEP = 'sweep.json';

/** How a run of a sweep ended. */
interface Ended {
  readonly values: Readonly<Record<string, string>>;
  readonly ended: 'done' | 'diverged';
  readonly step: number;
  /** As last measured. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of one that diverged: why. */
  readonly message?: string;
}

/** Runs that have ended, by their folders' names. */
export type EndedRuns = Readonly<Record<string, Ended>>;

/**
 * Reads what has ended of a sweep; nothing if it has not begun.
 *
 * @throws If the file is damaged.
 */
export function readSweep(directory: string): EndedRuns {
  const path = join(directory, SWEEP);
  if (!existsSync(path)) return {};
  try {
    const { runs } = JSON.parse(readFileSync(path, 'utf8')) as { runs: EndedRuns };
    const isRun = (run: Ended) =>
      ['done', 'diverged'].includes(run.ended) && typeof run.metrics === 'object' && run.metrics !== null;
    if (Object.values(runs).every(isRun)) return Object.assign(Object.create(null), runs);
  } catch {} // damaged as well
  throw new UsageError(
    `'${path}' is damaged, expected what evenkeel sweep wrote. Delete it: runs that are whole are not trained again.`,
  );
}

export async function writeSweep(directory: string, runs: EndedRuns): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, SWEEP), `${JSON.stringify({ runs }, undefined, 2)}\n`);
}
