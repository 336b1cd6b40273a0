import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lies in the folders of smoke runs. */
const MARK = 'SMOKE';

/** What `--out` is for an example, as its help says. */
export const outHelp = (name: string, what: string): string =>
  `${what} (default: ${defaultFolder(name, false)}, with --smoke ${defaultFolder(name, true)})`;

const defaultFolder = (name: string, smoke: boolean): string =>
  join('runs', 'examples', smoke ? `${name}-smoke` : name);

/**
 * The folder that an example writes into: its own, so that no other program's work lies there. A smoke run never writes where
 * a real one lies.
 *
 * @param out What `--out` says, if it came.
 * @throws If a smoke run is to go where something else lies.
 */
export function outFolder(name: string, { out, smoke = false }: { out?: string; smoke?: boolean }): string {
  const folder = out ?? defaultFolder(name, smoke);
  const mark = join(folder, MARK);
  if (!smoke) return folder;
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(mark)) {
    throw new Error(
      `--smoke is to write into '${folder}', which holds something else than a smoke run. Name another folder with --out.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(mark, 'A smoke run wrote this folder, to see whether the example works.\n');
  return folder;
}
