import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isTinyShakespeare, tinyShakespeare } from '@evenkeel/trainer/node';

export { isTinyShakespeare };

/**
 * The text to learn from: a file, or tiny Shakespeare, which is downloaded once and checked.
 *
 * @throws If the file cannot be read, the download fails, or is not the text that is expected.
 */
export async function readText(
  path: string | undefined,
  cache = 'runs/tinyshakespeare.txt',
): Promise<string> {
  if (path === undefined) return readFile(await tinyShakespeare(cache), 'utf8');
  if (existsSync(path)) return readFile(path, 'utf8');
  throw new Error(
    `shakespeare: '${path}' is not there, expected a text file. Check --text, or leave it out.`,
  );
}
