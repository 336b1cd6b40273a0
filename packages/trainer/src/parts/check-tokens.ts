import type { CharacterTokenizer, Tokenizer } from '@evenkeel/data';
import { UsageError } from '../usage-error.js';
import type { ConfiguredData } from './data-of.js';

/** @throws If the same id means another character in the data than to a model. */
export function checkTokens(tokenizer: Tokenizer | undefined, data: Pick<ConfiguredData, 'tokenizer'>): void {
  const [known, cut] = [vocabularyOf(tokenizer), vocabularyOf(data.tokenizer)];
  if (!known || !cut || (known.length === cut.length && known.every((character, i) => character === cut[i])))
    return;
  throw new UsageError(
    "the data were cut into other tokens than the model's, expected the same characters. Choose others with --data.",
  );
}

const vocabularyOf = (tokenizer: Tokenizer | undefined): readonly string[] | undefined =>
  tokenizer && 'vocabulary' in tokenizer ? (tokenizer as CharacterTokenizer).vocabulary : undefined;
