import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GPT } from '@evenkeel/gpt-model';
import * as tf from '@tensorflow/tfjs';

const CHARACTERS = [...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)), 'Ġ', 'Ċ'];
export const [BOS, EOS] = [CHARACTERS.length, CHARACTERS.length + 1];
/** Tokens of {@link publishedFolder}'s tokenizer. */
export const TOKENS = CHARACTERS.length + 2;

const special = (id: number, content: string) => ({
  ...{ id, content, special: true },
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
});
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** A tokenizer.json of ASCII characters, whose template puts `<s>` in front of a text. */
export const tokenizerJson = () => ({
  added_tokens: [special(BOS, '<s>'), special(EOS, '</s>')],
  ...{ normalizer: null, pre_tokenizer: byteLevel, decoder: byteLevel },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [BOS], tokens: ['<s>'] } },
  },
  model: {
    ...{ type: 'BPE', unk_token: null, merges: [] },
    vocab: Object.fromEntries(CHARACTERS.map((character, i) => [character, i])),
  },
});

/**
 * Writes a small Llama as it would be published: config, weights, tokenizer, generation config, chat template.
 *
 * @param likeliest The token that it gives the largest score after any text; nothing: weights are random.
 * @param padding Rows of the embedding beyond the tokenizer's.
 */
export async function publishedFolder(
  folder: string,
  { likeliest, padding = 0 }: { likeliest?: number; padding?: number } = {},
): Promise<string> {
  const size = { vocabSize: TOKENS + padding, contextLength: 16, layers: 1, heads: 2, width: 8 };
  const model = new GPT({ architecture: 'llama', ...size, tiedHead: false }, { seed: 1 });
  if (likeliest !== undefined) {
    const rows = tf.oneHot([likeliest], size.vocabSize).toFloat().transpose();
    model.parameters.get('embed.weight')!.assign(tf.ones([size.vocabSize, size.width]));
    model.parameters.get('head.weight')!.assign(tf.matMul(rows, tf.ones([1, size.width])));
  }
  mkdirSync(folder, { recursive: true });
  await model.saveSafetensors(folder);
  model.dispose();
  const files = {
    'tokenizer.json': tokenizerJson(),
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: '</s>',
    },
    'generation_config.json': { bos_token_id: BOS, eos_token_id: [EOS] },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}
