import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { tokenizerFromJson } from '@evenkeel/data';

const require = createRequire(import.meta.url);

/** A file of a published tokenizer. */
export const published = (name: 'gpt2' | 'llama3_2', file: string): string =>
  readFileSync(join(dirname(require.resolve(`@lenml/tokenizer-${name}`)), '../models', file), 'utf8');

export const publishedTokenizer = (name: 'gpt2' | 'llama3_2') =>
  tokenizerFromJson(published(name, 'tokenizer.json'), published(name, 'tokenizer_config.json'));
