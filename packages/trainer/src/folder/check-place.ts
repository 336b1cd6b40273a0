import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { isRun } from './run-folder.js';

/**
 * Tells a path from the id of a model on a hub: `runs/nope` is a path where there is a folder `runs`.
 *
 * @throws If it is a path, and nothing is there.
 */
export function checkPlace(source: string): void {
  if (existsSync(source) || /^(https?|file):/i.test(source)) return;
  const folder = dirname(source);
  const looksLikeId = /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source);
  if (looksLikeId && !existsSync(folder)) return;
  const runs = existsSync(folder) ? readdirSync(folder).filter((name) => isRun(join(folder, name))) : [];
  const there = runs.length > 0 ? ` There are ${runs.slice(0, 5).join(', ')} in '${folder}'.` : '';
  throw new UsageError(
    `'${source}' is not there, expected a run, one of its checkpoints, a model's folder, or a hub id such as openai-community/gpt2.${there}`,
  );
}
