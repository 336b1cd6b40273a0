import { nodeFs, nodePath } from './node-modules.js';

/**
 * Makes a folder, and those above it, where they are not there.
 *
 * One after another from the top: Node's own recursive `mkdir` never returns where the system says that a folder above
 * is missing although it is there, as in `/proc`.
 *
 * @throws If one cannot be made.
 */
export async function makeFolder(where: string, path: string): Promise<void> {
  const { promises: fs } = await nodeFs(where);
  const { dirname, resolve } = await nodePath();
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = await fs.stat(at).catch(() => undefined);
    if (stat?.isDirectory()) break;
    if (stat || at === dirname(at)) {
      throw new Error(
        `${where}: '${path}' cannot be made because '${at}' is no folder. Choose another place.`,
      );
    }
    missing.unshift(at);
  }
  for (const folder of missing) {
    await fs.mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return; // another process has made it meanwhile
      throw new Error(
        `${where}: the folder '${path}' cannot be made (${error.message}), expected a place where one can. ` +
          'Choose another place.',
        { cause: error },
      );
    });
  }
}

/** Puts a folder's list of names onto the disk, where the system can: until then a rename may be lost with the power. */
export async function syncFolder(where: string, path: string): Promise<void> {
  const { promises: fs } = await nodeFs(where);
  const handle = await fs.open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
