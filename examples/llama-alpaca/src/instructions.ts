import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Instruction } from '@evenkeel/data';

const ADDRESS = 'https://raw.githubusercontent.com/tatsu-lab/stanford_alpaca/main/alpaca_data.json';

/**
 * Instructions from a file, or Alpaca's, which are downloaded once.
 *
 * @throws If the file is not there or no list of at least two records, or the download fails.
 * @see Taori et al., "Stanford Alpaca", 2023. The data are CC BY-NC 4.0.
 */
export async function readInstructions(
  path: string | undefined,
  cache = 'runs/alpaca_data.json',
): Promise<Instruction[]> {
  if (path !== undefined && !existsSync(path)) {
    throw new Error(
      `llama-alpaca: '${path}' is not there, expected a file like alpaca_data.json. Check --data, or leave it out.`,
    );
  }
  const file = path ?? cache;
  if (!existsSync(file)) await download(file);
  let records: unknown;
  try {
    records = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `llama-alpaca: '${file}' is no JSON (${(error as Error).message}), expected a list of { instruction, input, output }. ` +
        (path === undefined ? 'Delete it and try again.' : 'Check --data.'),
      { cause: error },
    );
  }
  if (Array.isArray(records) && records.length >= 2) return records;
  throw new Error(
    `llama-alpaca: '${file}' holds no list of two or more records, expected { instruction, input, output } each. Check --data.`,
  );
}

async function download(file: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(ADDRESS);
  } catch (error) {
    throw new Error(
      `llama-alpaca: Alpaca's instructions cannot be downloaded (${(error as Error).message}), expected a connection. ` +
        'Pass a file with --data FILE.',
      { cause: error },
    );
  }
  if (!response.ok) {
    throw new Error(
      `llama-alpaca: the download was answered with ${response.status}, expected 200. Pass a file with --data FILE.`,
    );
  }
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, new Uint8Array(await response.arrayBuffer()));
  renameSync(draft, file);
}
