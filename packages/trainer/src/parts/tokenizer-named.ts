import {
  characterTokenizerOf,
  gpt2Tokenizer,
  type TextSource,
  type Tokenizer,
  tokenizerFromFolder,
} from '@evenkeel/data';
import { nodeFs } from '@evenkeel/files';

/** What a tokenizer's name may be, for messages. */
export const TOKENIZER_NAMES = "'characters', 'gpt2' or a tokenizer.json";

/** Whether a tokenizer's name is that of a file. */
export const isTokenizerFile = (name: string): boolean => name !== 'characters' && name !== 'gpt2';

/**
 * A tokenizer by its name: `characters` (those of a text), `gpt2`, or a `tokenizer.json` or its folder, with what lies beside it.
 *
 * @param where The function that the user called; errors begin with it.
 * @param source The text, for `characters`.
 * @throws If there is no such tokenizer, or a file is damaged.
 */
export async function tokenizerNamed(where: string, name: string, source: TextSource): Promise<Tokenizer> {
  if (name === 'characters') return characterTokenizerOf(source);
  if (name === 'gpt2') return gpt2Tokenizer();
  const fs = await nodeFs(where);
  if (!fs.existsSync(name)) {
    throw new Error(`${where}: the tokenizer is '${name}', expected ${TOKENIZER_NAMES} that is there.`);
  }
  return tokenizerFromFolder(name);
}
