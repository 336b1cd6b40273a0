import type { BigIntStats, Stats } from 'node:fs';
import { nodeFs } from './node-modules.js';

/** What stands under a name, in words. */
export function fileKind(stat: Stats): string {
  if (stat.isFile()) return 'a file';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

/** Which file it is, how long, and when it was last written: a text that changes with its content. */
export function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-');
}

/**
 * Looks before a file is opened: to open a named pipe would wait for ever, and to read a device may never end.
 *
 * @throws If nothing is there, or something else than a plain file.
 */
export async function checkPlainFile(where: string, path: string | URL): Promise<void> {
  const { promises: fs } = await nodeFs(where);
  const stat = await fs.stat(path).catch((error: Error) => {
    throw cannotOpen(where, path, error);
  });
  if (stat.isFile()) return;
  throw new Error(`${where}: '${path}' is ${fileKind(stat)}, expected a plain file. Check its name.`);
}

export const cannotOpen = (where: string, path: string | URL, error: Error): Error =>
  new Error(`${where}: '${path}' cannot be opened (${error.message}), expected a file. Check its name.`, {
    cause: error,
  });
