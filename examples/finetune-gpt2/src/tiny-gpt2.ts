import { writeFiles } from '@evenkeel/example-common/checkpoint';
import { POEM } from '@evenkeel/example-common/poem';
import { tinyTokenizer } from '@evenkeel/example-common/tiny-tokenizer';
import { GPT } from '@evenkeel/gpt-model';

/**
 * Writes a tiny GPT-2 with random weights as a published one would be: config.json, model.safetensors, tokenizer.json.
 *
 * @returns The options of a run with it.
 */
export async function writeTinyGpt2(directory: string) {
  const { vocabSize, files } = tinyTokenizer('<|endoftext|>');
  const model = new GPT(
    {
      ...{ architecture: 'gpt2', activation: 'geluTanh', vocabSize },
      ...{ contextLength: 64, layers: 2, heads: 2, width: 32 },
    },
    { seed: 1 },
  );
  await model.saveSafetensors(directory);
  model.dispose();
  await writeFiles(directory, files);
  return {
    model: directory,
    text: POEM,
    ...{
      prompt: 'A ship',
      steps: 40,
      batchSize: 4,
      accumulate: 2,
      contextLength: 32,
      learningRate: 0.01,
      saveEvery: 20,
    },
  };
}
