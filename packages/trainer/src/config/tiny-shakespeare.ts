import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';

const ADDRESS = 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const SHA256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';

/**
 * The path of tiny Shakespeare, which is downloaded once and checked.
 *
 * @throws If it cannot be had.
 */
export async function tinyShakespeare(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'evenkeel');
  const path = join(folder, 'tinyshakespeare.txt');
  const isRight = (content: Uint8Array) => createHash('sha256').update(content).digest('hex') === SHA256;
  if (existsSync(path) && isRight(readFileSync(path))) return path;
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
  if (!isRight(content)) {
    throw new UsageError(
      'what was downloaded as tiny Shakespeare is another text. Pass a text of your own: --text FILE',
    );
  }
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, content);
  renameSync(draft, path);
  return path;
}
