import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { isDraft, makeFolder, removeLeftDrafts } from '@evenkeel/files';
import { UsageError } from '@evenkeel/trainer/config';
import { isRun } from '@evenkeel/trainer/node';

/**
 * What a folder holds; nothing if it is not there.
 *
 * @throws If it is a file, a link to nowhere, or no folder can have that name.
 */
export async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !lstatSync(directory, { throwIfNoEntry: false })) return [];
    const what =
      code === 'ENOTDIR'
        ? 'is a file or lies in one'
        : code === 'ENOENT'
          ? 'is a link to a folder that is not there'
          : `cannot be read (${message})`;
    throw new UsageError(`'${directory}' ${what}, expected a folder. Name another with --out.`);
  }
}

/** Makes sure that no run is lost, and returns what makes room once all else is known to be right. */
export async function claim(
  directory: string,
  { overwrite }: { overwrite?: boolean },
): Promise<() => Promise<void>> {
  const entries = (await entriesOf(directory)).filter((name) => !isDraft(name)); // what killed processes have left is nothing
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
    const folder = existsSync(directory) ? realpathSync(directory) : directory; // of a link, where it leads
    if (entries.length > 0) await rm(folder, { recursive: true });
    await makeFolder('evenkeel', folder);
    await removeLeftDrafts('evenkeel', folder);
  };
}
