import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PublishedShape, writeRandomWeights } from '@evenkeel/example-common/random-weights';

const [WIDTH, LAYERS, HEADS, CONTEXT, TOKENS] = [1600, 48, 25, 1024, 50257];

/** GPT-2 XL: 1 557 611 200 numbers, 6.2 GB in float32 as it is published. */
const GPT2_XL: PublishedShape = {
  config: {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    attn_pdrop: 0.1,
    bos_token_id: 50256,
    embd_pdrop: 0.1,
    eos_token_id: 50256,
    initializer_range: 0.02,
    layer_norm_epsilon: 1e-5,
    n_ctx: CONTEXT,
    n_embd: WIDTH,
    n_head: HEADS,
    n_layer: LAYERS,
    n_positions: CONTEXT,
    resid_pdrop: 0.1,
    vocab_size: TOKENS,
  },
  shapes: {
    'wte.weight': [TOKENS, WIDTH],
    'wpe.weight': [CONTEXT, WIDTH],
    ...Object.fromEntries(
      Array.from({ length: LAYERS }, (_, i) => i).flatMap((i) => [
        [`h.${i}.ln_1.weight`, [WIDTH]],
        [`h.${i}.ln_1.bias`, [WIDTH]],
        [`h.${i}.attn.c_attn.weight`, [WIDTH, 3 * WIDTH]],
        [`h.${i}.attn.c_attn.bias`, [3 * WIDTH]],
        [`h.${i}.attn.c_proj.weight`, [WIDTH, WIDTH]],
        [`h.${i}.attn.c_proj.bias`, [WIDTH]],
        [`h.${i}.ln_2.weight`, [WIDTH]],
        [`h.${i}.ln_2.bias`, [WIDTH]],
        [`h.${i}.mlp.c_fc.weight`, [WIDTH, 4 * WIDTH]],
        [`h.${i}.mlp.c_fc.bias`, [4 * WIDTH]],
        [`h.${i}.mlp.c_proj.weight`, [4 * WIDTH, WIDTH]],
        [`h.${i}.mlp.c_proj.bias`, [WIDTH]],
      ]),
    ),
    'ln_f.weight': [WIDTH],
    'ln_f.bias': [WIDTH],
  },
  ones: /ln_(1|2|f)\.weight$/,
  dtype: 'F32',
};

/**
 * Writes a model of GPT-2 XL's exact shape with random weights, as it is published.
 *
 * @returns What the example needs of it, and how to delete it.
 */
export async function writeGpt2Xl() {
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-gpt2-xl-'));
  await writeRandomWeights(directory, GPT2_XL, {});
  return {
    options: { model: directory },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
