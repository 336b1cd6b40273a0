import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDraft, makeFolder, removeLeftDrafts } from '@evenkeel/files';
import { UsageError } from '@evenkeel/trainer/config';
import { type FolderLock, isRun, lockFolder } from '@evenkeel/trainer/node';

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

/** What lies in a folder beside the locks and drafts of processes, which are nothing once those have ended. */
const workIn = async (directory: string): Promise<string[]> =>
  (await entriesOf(directory)).filter((name) => !isDraft(name) && !/^lock-\d+\.json$/.test(name));

/**
 * Makes sure that no run is lost, and returns what makes room once all else is known to be right: it locks the folder against
 * other processes, looks once more, and empties it.
 */
export async function claim(
  directory: string,
  { overwrite }: { overwrite?: boolean },
): Promise<() => Promise<FolderLock>> {
  const check = async (): Promise<string[]> => {
    const work = await workIn(directory);
    if (work.length > 0 && !isRun(directory)) {
      throw new UsageError(
        `'${directory}' holds something else than a run, which --overwrite does not delete. Name another folder with --out.`,
      );
    }
    if (work.length > 0 && !overwrite) {
      throw new UsageError(
        `'${directory}' holds a run already. Go on with it: evenkeel resume ${directory}, name another folder with --out, or begin anew with --overwrite.`,
      );
    }
    return work;
  };
  await check();
  return async () => {
    await makeFolder('evenkeel', existsSync(directory) ? realpathSync(directory) : directory); // of a link, where it leads
    const lock = await lockFolder('evenkeel', directory);
    try {
      for (const name of await check()) await rm(join(directory, name), { recursive: true });
      await removeLeftDrafts('evenkeel', directory);
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  };
}
