import type { ModelType } from './model-type.js';

/**
 * Our parameter's name in a published checkpoint, without the prefix that most files have before all names but the head's:
 * {@link namePrefix}.
 */
export function publishedName(modelType: ModelType, name: string): string {
  if (modelType === 'evenkeel') return name;
  return modelType === 'gpt2' ? gpt2Name(name) : llamaName(name);
}

/** Whether the published matrix is [in, out], as GPT-2's Conv1D layers are; ours are [out, in]. */
export const isTransposed = (modelType: ModelType, name: string): boolean =>
  modelType === 'gpt2' && /\.(qkv|out|up|down)\.weight$/.test(name);

/** What stands before a parameter's name in a file of the whole model. */
export const namePrefix = (modelType: ModelType): string =>
  modelType === 'evenkeel' ? '' : modelType === 'gpt2' ? 'transformer.' : 'model.';

/** Tensors of published files that are no parameters: attention masks and rotary positions, which older programs stored. */
export const isBuffer = (name: string): boolean =>
  /(^|\.)attn\.(masked_)?bias$/.test(name) ||
  /(^|\.)rotary_emb\.((original_)?inv_freq|(cos|sin)_cached)$/.test(name);

const replaceAll = (name: string, pairs: readonly (readonly [RegExp, string])[]): string =>
  pairs.reduce((renamed, [from, to]) => renamed.replace(from, to), name);

const gpt2Name = (name: string): string =>
  replaceAll(name, [
    [/^head\./, 'lm_head.'],
    [/^embed\./, 'wte.'],
    [/^position\./, 'wpe.'],
    [/^norm\./, 'ln_f.'],
    [/^blocks\./, 'h.'],
    [/norm([12])\./, 'ln_$1.'],
    [/attention\.qkv\./, 'attn.c_attn.'],
    [/attention\.out\./, 'attn.c_proj.'],
    [/mlp\.up\./, 'mlp.c_fc.'],
    [/mlp\.down\./, 'mlp.c_proj.'],
  ]);

const llamaName = (name: string): string =>
  replaceAll(name, [
    [/^head\./, 'lm_head.'],
    [/^embed\./, 'embed_tokens.'],
    [/^norm\./, 'norm.'],
    [/^blocks\./, 'layers.'],
    [/norm1\./, 'input_layernorm.'],
    [/norm2\./, 'post_attention_layernorm.'],
    [/attention\.out\./, 'self_attn.o_proj.'],
    [/attention\.(q|k|v|qkv)\./, 'self_attn.$1_proj.'],
    [/mlp\.router\./, 'block_sparse_moe.gate.'],
    [/mlp\.experts\.(\d+)\.gate\./, 'block_sparse_moe.experts.$1.w1.'],
    [/mlp\.experts\.(\d+)\.down\./, 'block_sparse_moe.experts.$1.w2.'],
    [/mlp\.experts\.(\d+)\.up\./, 'block_sparse_moe.experts.$1.w3.'],
    [/mlp\.gateUp\./, 'mlp.gate_up_proj.'],
    [/mlp\.(gate|up|down)\./, 'mlp.$1_proj.'],
  ]);
