import type { CharacterTokenizer, Tokenizer } from '@evenkeel/data';
import { UsageError } from '../usage-error.js';
import type { ConfiguredData } from './data-of.js';
import type { PublishedModel } from './published-model.js';

/** @throws If the same id means another character in the data than to a model. */
export function checkTokens(tokenizer: Tokenizer | undefined, data: Pick<ConfiguredData, 'tokenizer'>): void {
  const [known, cut] = [vocabularyOf(tokenizer), vocabularyOf(data.tokenizer)];
  if (!known || !cut || (known.length === cut.length && known.every((character, i) => character === cut[i])))
    return;
  throw new UsageError(
    "the data were cut into other tokens than the model's, expected the same characters. Choose others with --data.",
  );
}

/** @throws If a published model does not know the tokens of the data. */
export function checkKnown(
  { model: { config }, tokenizer }: PublishedModel,
  data: Pick<ConfiguredData, 'tokenizer' | 'outputs'>,
): void {
  checkTokens(tokenizer, data);
  if (vocabularyOf(data.tokenizer) && !vocabularyOf(tokenizer)) {
    throw new UsageError(
      'the data are characters, expected the tokens that the published model learned: its embedding knows no others. Make them ' +
        'again with its tokenizer.json: evenkeel tokenize --tokenizer',
    );
  }
  if (config.vocabSize >= data.outputs) return;
  throw new UsageError(
    `the published model has ${config.vocabSize} tokens and the data ${data.outputs}, expected at least as many. Take the tokenizer of the model.`,
  );
}

const vocabularyOf = (tokenizer: Tokenizer | undefined): readonly string[] | undefined =>
  tokenizer && 'vocabulary' in tokenizer ? (tokenizer as CharacterTokenizer).vocabulary : undefined;
