import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const ADDRESS = 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const SHA256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';

/**
 * The text to learn from: a file, or tiny Shakespeare, which is downloaded once and checked.
 *
 * @throws If the file cannot be read, the download fails, or is not the text that is expected.
 */
export async function readText(
  path: string | undefined,
  cache = 'runs/tinyshakespeare.txt',
): Promise<string> {
  if (path !== undefined) {
    if (existsSync(path)) return readFileSync(path, 'utf8');
    throw new Error(
      `shakespeare: '${path}' is not there, expected a text file. Check --text, or leave it out.`,
    );
  }
  if (!existsSync(cache)) await download(cache);
  const text = readFileSync(cache, 'utf8');
  if (isTinyShakespeare(text)) return text;
  throw new Error(
    `shakespeare: '${cache}' is not tiny Shakespeare, expected its hash to match. Delete it and try again.`,
  );
}

export const isTinyShakespeare = (text: string): boolean =>
  createHash('sha256').update(text).digest('hex') === SHA256;

async function download(cache: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(ADDRESS);
  } catch (error) {
    throw new Error(
      `shakespeare: tiny Shakespeare cannot be downloaded (${(error as Error).message}), expected a connection. ` +
        `Pass a text of your own with --text FILE.`,
      { cause: error },
    );
  }
  if (!response.ok) {
    throw new Error(
      `shakespeare: the download was answered with ${response.status}, expected 200. Try --text FILE.`,
    );
  }
  mkdirSync(dirname(cache), { recursive: true });
  const draft = `${cache}.${process.pid}.tmp`;
  writeFileSync(draft, new Uint8Array(await response.arrayBuffer()));
  renameSync(draft, cache);
}
