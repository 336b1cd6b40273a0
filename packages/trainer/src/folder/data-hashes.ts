import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { readSidecar } from '@evenkeel/data';
import { checkPlainFile } from '@evenkeel/files';
import type { RunConfig } from '../config/schema.js';

/**
 * SHA-256 of each file that a config's data are read from, by its name. One that is missing is named when it is opened.
 *
 * A file of tokens is not read: its sidecar has its hash, against which `buildRun` verifies it, and is hashed itself.
 *
 * @throws If one is a named pipe, a device or a folder, or a sidecar is damaged.
 */
export async function dataHashes({ data }: RunConfig): Promise<Record<string, string>> {
  const named = ['file' in data ? data.file : undefined, 'validation' in data ? data.validation : undefined];
  const files = named.filter((file): file is string => file !== undefined && existsSync(file));
  const hashes: Record<string, string> = {};
  for (const file of files) {
    if (data.kind !== 'tokens') hashes[file] = await sha256Of(file);
    else {
      hashes[file] = (await readSidecar(file)).sha256;
      hashes[`${file}.json`] = sha256(await readFile(`${file}.json`));
    }
  }
  return hashes;
}

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

async function sha256Of(file: string): Promise<string> {
  await checkPlainFile('evenkeel', file);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
