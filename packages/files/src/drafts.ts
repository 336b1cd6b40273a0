import { nodeFs, nodePath } from './node-modules.js';
import { hasEnded, processMark } from './process-mark.js';

/** `NAME.MARK-RANDOM.tmp` */
const DRAFT = /^.*\.(\w+-\d+-\d+)-[0-9a-z]{8}\.tmp$/s;
/** How much of a name its draft repeats, so that a long name's draft is not too long for the file system. */
const NAME_LENGTH = 40;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A path in the same folder under which a file or folder can be prepared, which says whose it is. */
export async function draftPath(path: string): Promise<string> {
  const { basename, dirname, join } = await nodePath();
  const name = [...basename(path)].slice(0, NAME_LENGTH).join('');
  const random = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
  return join(dirname(path), `${name}.${await processMark()}-${random}.tmp`);
}

/** Whether a file's name is one that {@link draftPath} gives. */
export const isDraft = (name: string): boolean => DRAFT.test(name);

/**
 * Removes the drafts, files as well as folders, that processes have left in a folder which ended before they were done.
 *
 * A draft from another machine, whose processes nobody here knows, is taken for left once it is a day old.
 *
 * @returns Their names. None if the folder is not there.
 */
export async function removeLeftDrafts(where: string, folder: string): Promise<string[]> {
  const { promises: fs } = await nodeFs(where);
  const { join } = await nodePath();
  const host = (await processMark()).replace(/-.*/, '-');
  const removed: string[] = [];
  for (const name of await fs.readdir(folder).catch(() => [] as string[])) {
    const mark = DRAFT.exec(name)?.[1];
    if (mark === undefined) continue;
    const isLeft = mark.startsWith(host)
      ? await hasEnded(mark)
      : await fs.stat(join(folder, name)).then(
          ({ mtimeMs }) => Date.now() - mtimeMs > DAY_MS,
          () => false,
        );
    if (!isLeft) continue;
    await fs.rm(join(folder, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}
