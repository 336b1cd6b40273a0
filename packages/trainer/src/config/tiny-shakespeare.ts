import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeAtomicFile } from '@evenkeel/files';
import { UsageError } from '../usage-error.js';

const ADDRESS = 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const SHA256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';

const inCache = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'evenkeel', 'tinyshakespeare.txt');

/** Whether a text, or its bytes, are tiny Shakespeare. */
export const isTinyShakespeare = (content: Uint8Array | string): boolean =>
  createHash('sha256').update(content).digest('hex') === SHA256;

/**
 * The path of tiny Shakespeare, which is downloaded once and checked.
 *
 * @param path Where it is kept. Default: in the user's cache.
 * @throws If it cannot be had.
 */
export async function tinyShakespeare(path = inCache()): Promise<string> {
  if (existsSync(path) && isTinyShakespeare(readFileSync(path))) return path;
  const content = await fetch(ADDRESS, { signal: AbortSignal.timeout(60_000) })
    .then(async (response) => {
      if (!response.ok) throw new Error(`the answer was ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    })
    .catch((error: Error) => {
      throw new UsageError(
        `tiny Shakespeare cannot be downloaded (${error.message}). Pass a text of your own: --text FILE`,
      );
    });
  if (!isTinyShakespeare(content)) {
    throw new UsageError(
      'what was downloaded as tiny Shakespeare is another text. Pass a text of your own: --text FILE',
    );
  }
  mkdirSync(dirname(path), { recursive: true });
  await writeAtomicFile('tinyShakespeare', path, content);
  return path;
}
