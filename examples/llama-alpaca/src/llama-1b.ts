import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PublishedShape, writeRandomWeights } from '@evenkeel/example-common/random-weights';
import { tinyTokenizer } from '@evenkeel/example-common/tiny-tokenizer';
import { WORDS } from './words.js';

const [WIDTH, MLP_WIDTH, LAYERS, HEADS, KV_HEADS, HEAD_DIM, TOKENS] = [2048, 8192, 16, 32, 8, 64, 128256];

/** Llama-3.2-1B: 1 235 814 400 numbers, 2.5 GB in BF16. */
const LLAMA_1B: PublishedShape = {
  config: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    attention_bias: false,
    attention_dropout: 0,
    bos_token_id: 128000,
    eos_token_id: 128001,
    head_dim: HEAD_DIM,
    hidden_act: 'silu',
    hidden_size: WIDTH,
    initializer_range: 0.02,
    intermediate_size: MLP_WIDTH,
    max_position_embeddings: 131072,
    mlp_bias: false,
    num_attention_heads: HEADS,
    num_hidden_layers: LAYERS,
    num_key_value_heads: KV_HEADS,
    pretraining_tp: 1,
    rms_norm_eps: 1e-5,
    rope_scaling: {
      factor: 32,
      high_freq_factor: 4,
      low_freq_factor: 1,
      original_max_position_embeddings: 8192,
      rope_type: 'llama3',
    },
    rope_theta: 500000,
    tie_word_embeddings: true,
    torch_dtype: 'bfloat16',
    use_cache: true,
    vocab_size: TOKENS,
  },
  shapes: {
    'model.embed_tokens.weight': [TOKENS, WIDTH],
    ...Object.fromEntries(
      Array.from({ length: LAYERS }, (_, i) => i).flatMap((i) => [
        [`model.layers.${i}.input_layernorm.weight`, [WIDTH]],
        [`model.layers.${i}.self_attn.q_proj.weight`, [HEADS * HEAD_DIM, WIDTH]],
        [`model.layers.${i}.self_attn.k_proj.weight`, [KV_HEADS * HEAD_DIM, WIDTH]],
        [`model.layers.${i}.self_attn.v_proj.weight`, [KV_HEADS * HEAD_DIM, WIDTH]],
        [`model.layers.${i}.self_attn.o_proj.weight`, [WIDTH, HEADS * HEAD_DIM]],
        [`model.layers.${i}.post_attention_layernorm.weight`, [WIDTH]],
        [`model.layers.${i}.mlp.gate_proj.weight`, [MLP_WIDTH, WIDTH]],
        [`model.layers.${i}.mlp.up_proj.weight`, [MLP_WIDTH, WIDTH]],
        [`model.layers.${i}.mlp.down_proj.weight`, [WIDTH, MLP_WIDTH]],
      ]),
    ),
    'model.norm.weight': [WIDTH],
  },
  ones: /norm\.weight$/,
  dtype: 'BF16',
};

/**
 * Writes a model of Llama-3.2-1B's exact shape with random weights, as it is published: config.json, BF16 weights, a tokenizer.
 *
 * @returns What the example needs of it, and how to delete it.
 */
export async function writeLlama1B() {
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-llama-1b-'));
  const { files } = tinyTokenizer('<|end_of_text|>');
  // Packed, they fill rows of 512 tokens.
  const instructions = Array.from({ length: 40 }, (_, i) => {
    const word = WORDS[i % WORDS.length];
    const times = 2 + (i % 7);
    return {
      instruction: `Say the word ${word} ${times} times.`,
      input: '',
      output: Array(times).fill(word).join(' '),
    };
  });
  await writeRandomWeights(directory, LLAMA_1B, { ...files, 'instructions.json': instructions });
  return {
    options: { model: directory, data: join(directory, 'instructions.json') },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
