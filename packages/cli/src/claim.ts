import { mkdir, readdir, rm } from 'node:fs/promises';
import { UsageError } from '@evenkeel/trainer/config';
import { isRun } from '@evenkeel/trainer/node';

/**
 * What a folder holds; nothing if it is not there.
 *
 * @throws If it is a file.
 */
export async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new UsageError(
      `'${directory}' is a file or lies in one, expected a folder. Name another with --out.`,
    );
  }
}

/** Makes sure that no run is lost, and returns what makes room once all else is known to be right. */
export async function claim(
  directory: string,
  { overwrite }: { overwrite?: boolean },
): Promise<() => Promise<void>> {
  const entries = await entriesOf(directory);
  if (entries.length > 0 && !isRun(directory)) {
    throw new UsageError(
      `'${directory}' holds something else than a run, which --overwrite does not delete. Name another folder with --out.`,
    );
  }
  if (entries.length > 0 && !overwrite) {
    throw new UsageError(
      `'${directory}' holds a run already. Go on with it: evenkeel resume ${directory}, name another folder with --out, or begin anew with --overwrite.`,
    );
  }
  return async () => {
    if (entries.length > 0) await rm(directory, { recursive: true });
    await mkdir(directory, { recursive: true });
  };
}
