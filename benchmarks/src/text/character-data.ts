import { type CharacterTokenizer, characterTokenizer, TokenDataset, tokenize } from '@evenkeel/data';

/** A text as characters: windows to train on, and its last tenth to validate. */
export interface CharacterData {
  tokenizer: CharacterTokenizer;
  train: TokenDataset;
  validation: TokenDataset;
  /** How often each character occurs in the training part. */
  counts: number[];
  close(): Promise<void>;
}

export async function characterData(
  text: string,
  options: { contextLength: number; batchSize: number; seed: number },
): Promise<CharacterData> {
  const tokenizer = characterTokenizer(text);
  const data = await TokenDataset.open(await tokenize(text, { tokenizer }), options);
  const { train, validation } = data.split({ validationFraction: 0.1 });
  const counts = new Array<number>(tokenizer.vocabSize).fill(0);
  for (const token of tokenizer.encode(text.slice(0, train.size))) counts[token]++;
  return { tokenizer, train, validation, counts, close: () => data.close() };
}
