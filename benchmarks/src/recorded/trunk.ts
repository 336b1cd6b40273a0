import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyFolder } from './copy-folder.js';

/**
 * The folder of a training's first so many steps, which runs of every length share: `KEPT/NAME/STEPS`.
 *
 * If it has not begun, it begins with the checkpoints of the longest one that is shorter.
 */
export function trunkFolder(kept: string, name: string, steps: number): string {
  const folder = join(kept, name, String(steps));
  const all = dirname(folder);
  if (existsSync(folder) || !existsSync(all)) return folder;
  const shorter = readdirSync(all)
    .map(Number)
    .filter((count) => count < steps && existsSync(join(all, String(count), 'latest')));
  if (shorter.length > 0) copyFolder(join(all, String(Math.max(...shorter))), folder);
  return folder;
}
