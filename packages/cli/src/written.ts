import { streamingDecoder, type Tokenizer } from '@evenkeel/data';
import { type GenerateOptions, type GPT, generate } from '@evenkeel/gpt-model';

/** What a model writes, as text, as it comes. */
export async function* written(
  model: GPT,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<string, void> {
  const decoder = streamingDecoder(tokenizer);
  for await (const token of generate(model, prompt, options)) {
    const piece = decoder.push(token);
    if (piece !== '') yield piece;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}
