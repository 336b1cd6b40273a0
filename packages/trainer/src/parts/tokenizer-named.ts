import {
  characterTokenizerOf,
  gpt2Tokenizer,
  type PublishedTokenizer,
  type TextSource,
  type Tokenizer,
  type TokenizerFiles,
  tokenizerFromFiles,
  tokenizerFromFolder,
} from '@evenkeel/data';
import { nodeFs } from '@evenkeel/files';
import type { ModelFolder } from '@evenkeel/gpt-model';
import { UsageError } from '../usage-error.js';

/** What a tokenizer's name may be, for messages. */
export const TOKENIZER_NAMES = "'characters', 'gpt2', a tokenizer.json or a folder with one";

/** Whether a tokenizer's name is that of a file or folder. */
export const isTokenizerFile = (name: string): boolean => name !== 'characters' && name !== 'gpt2';

/**
 * A tokenizer by its name: `characters` (those of a text), `gpt2`, or a `tokenizer.json` with the files beside it that say what its
 * special tokens are.
 *
 * @param where The function that the user called; errors begin with it.
 * @param source The text, for `characters`.
 * @throws If there is no such tokenizer, or a file is damaged.
 */
export async function tokenizerNamed(where: string, name: string, source: TextSource): Promise<Tokenizer> {
  if (name === 'characters') return characterTokenizerOf(source);
  if (name === 'gpt2') return gpt2Tokenizer();
  if ((await nodeFs(where)).existsSync(name)) return tokenizerFromFolder(name);
  throw new UsageError(`${where}: the tokenizer is '${name}', expected ${TOKENIZER_NAMES} that is there.`);
}

const FILES: readonly (keyof TokenizerFiles)[] = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];

/**
 * The tokenizer that lies beside a model's weights, in a folder or on a hub.
 *
 * @returns Nothing if there is no `tokenizer.json`.
 * @throws If a file is damaged.
 */
export async function tokenizerBeside(folder: ModelFolder): Promise<PublishedTokenizer | undefined> {
  const files: Partial<Record<keyof TokenizerFiles, string>> = {};
  for (const name of FILES) {
    const text = await folder.text(name);
    if (text !== undefined) files[name] = text;
  }
  return files['tokenizer.json'] === undefined ? undefined : tokenizerFromFiles(files as TokenizerFiles);
}
