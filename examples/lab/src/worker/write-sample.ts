import type { Tokenizer } from '@evenkeel/data';
import { GPT, generate } from '@evenkeel/gpt-model';
import type { RunParts } from '@evenkeel/trainer/config';

const CHARACTERS = 160;
/** A slow backend writes less rather than keeping training waiting. */
const MAX_MS = 3000;

/** Lets the model write; nothing if it does not read text. The same seed and weights write the same. */
export async function writeSample(
  { model, data, config }: RunParts,
  seed: number,
): Promise<string | undefined> {
  if (!(model instanceof GPT) || !data.tokenizer || config.data.kind !== 'text') return undefined;
  const begun = performance.now();
  const tokens: number[] = [];
  const prompt = firstToken(data.tokenizer, config.data.text ?? '');
  const options = { maxTokens: CHARACTERS, temperature: 0.8, seed: seed >>> 0 };
  for await (const token of generate(model, [prompt], options)) {
    tokens.push(token);
    if (performance.now() - begun > MAX_MS) break;
  }
  return data.tokenizer.decode(tokens);
}

/** A line's end where there is one, so that a line begins; else the first character. */
const firstToken = (tokenizer: Tokenizer, text: string): number =>
  tokenizer.encode(text.includes('\n') ? '\n' : [...text.slice(0, 2)][0])[0];
