import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Files } from './target.js';

// Every input that once failed is kept in `corpus/TARGET/WHAT/` and read before any other.

const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));

/** The kept inputs of a target, with their names. */
export function readCorpus(name: string): [name: string, files: Files][] {
  const folder = join(CORPUS, name);
  return !existsSync(folder) ? [] : readdirSync(folder).map((at) => [at, readFiles(join(folder, at))]);
}

function readFiles(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), new Uint8Array(readFileSync(path))];
    }),
  );
}

/** Writes an input into a folder, from where it can be moved to the corpus. */
export function writeInput(folder: string, files: Files): void {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}
