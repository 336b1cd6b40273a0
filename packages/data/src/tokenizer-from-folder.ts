import { checkPlainFile, nodeFs, readText } from '@evenkeel/files';
import {
  type PublishedTokenizer,
  type PublishedTokenizerOptions,
  readTokenizer,
  type TokenizerFiles,
} from './tokenizer-from-json.js';

const WHERE = 'tokenizerFromFolder';
const NEIGHBOURS = [
  ...(['tokenizer_config.json', 'special_tokens_map.json', 'generation_config.json'] as const),
  'chat_template.jinja',
] as const;

/**
 * The tokenizer of a published model's folder, in Node.
 *
 * @param path The folder, or the `tokenizer.json` in it, whose neighbours are read too. A file of another name is read alone.
 * @throws If there is no `tokenizer.json`, and as `tokenizerFromFiles` does.
 */
export async function tokenizerFromFolder(
  path: string,
  options: PublishedTokenizerOptions = {},
): Promise<PublishedTokenizer> {
  const { existsSync, statSync } = await nodeFs(WHERE);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? `${path}/tokenizer.json` : path;
  if (isFolder && !existsSync(file)) throw withoutTokenizer(path, existsSync);
  await checkPlainFile(WHERE, file);
  const folder = isFolder ? path : file.replace(/[^/\\]*$/, '');
  const hasNeighbours = isFolder || /(^|[/\\])tokenizer\.json$/.test(file);
  const files: Record<string, string> = { 'tokenizer.json': await readText(WHERE, file) };
  for (const name of hasNeighbours ? NEIGHBOURS : []) {
    const neighbour = isFolder ? `${folder}/${name}` : `${folder}${name}`;
    if (existsSync(neighbour)) files[name] = await readText(WHERE, neighbour);
  }
  return readTokenizer(WHERE, files as unknown as TokenizerFiles, options);
}

function withoutTokenizer(folder: string, exists: (path: string) => boolean): Error {
  const other = ['tokenizer.model', 'vocab.json', 'spiece.model', 'vocab.txt'].find((name) =>
    exists(`${folder}/${name}`),
  );
  return new Error(
    `${WHERE}: '${folder}' has no tokenizer.json${other ? `, though ${other}` : ''}, expected one. ` +
      (other
        ? 'Make it in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).'
        : 'Download it from where the model came from.'),
  );
}
