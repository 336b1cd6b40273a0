import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, type Surroundings, Unfinished } from './result.js';

/**
 * A part of a run that is computed once, also if the run is stopped between parts.
 *
 * @throws Unfinished instead of computing, if the run has to stop.
 */
export async function memo<T extends Json>(
  { directory, signal }: Surroundings,
  name: string,
  compute: () => Promise<T>,
): Promise<T> {
  const path = join(directory, `${name}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  if (signal.aborted) throw new Unfinished('The run was stopped.');
  const value = await compute();
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${path}.tmp`, JSON.stringify(value));
  renameSync(`${path}.tmp`, path);
  return value;
}
