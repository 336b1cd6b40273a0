import type { GoldenTensor } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { GPT, type GPTConfig } from '../src/index.js';

export type GoldenWeights = Record<string, GoldenTensor>;

export const toTensor = ({ data, shape, dtype }: GoldenTensor) =>
  tf.tensor(data, shape, dtype.startsWith('int') ? 'int32' : 'float32');

/** What nanoGPT calls one of our parameters. */
export function nanoGptName(parameter: string): string {
  return `transformer.${parameter
    .replace('embed', 'wte')
    .replace('position', 'wpe')
    .replace('blocks', 'h')
    .replace('norm1', 'ln_1')
    .replace('norm2', 'ln_2')
    .replace(/^norm/, 'ln_f')
    .replace('attention', 'attn')
    .replace('qkv', 'c_attn')
    .replace('.out.', '.c_proj.')
    .replace('.up.', '.c_fc.')
    .replace('.down.', '.c_proj.')}`;
}

/** What Modula calls one of our parameters. */
export function modulaName(parameter: string): string {
  const [, layer, part] = /^blocks\.(\d+)\.(.*)\.weight$/.exec(parameter) ?? [];
  if (!part) return parameter === 'embed.weight' ? 'embed' : 'out';
  const names: Record<string, string> = { 'attention.out': 'w', 'mlp.up': 'mlp_in', 'mlp.down': 'mlp_out' };
  return `${names[part] ?? part.replace('attention.', '')}${layer}`;
}

/** A model with the weights of a fixture. Modula's embedding is stored with a column per token. */
export function modelWith(
  config: GPTConfig,
  weights: GoldenWeights,
  published: (name: string) => string,
): GPT {
  return new GPT(config, {
    initialize: (name) => {
      const value = toTensor(weights[published(name)]);
      return published(name) === 'embed' ? tf.transpose(value) : value;
    },
  });
}

export function nanoGptConfig(hyper: {
  vocab_size: number;
  block_size: number;
  n_layer: number;
  n_head: number;
  n_embd?: number;
  n_embed?: number;
  bias?: boolean;
}): GPTConfig {
  const bias = hyper.bias ?? true;
  return {
    architecture: 'gpt2',
    vocabSize: hyper.vocab_size,
    contextLength: hyper.block_size,
    layers: hyper.n_layer,
    heads: hyper.n_head,
    width: (hyper.n_embd ?? hyper.n_embed)!,
    qkvBias: bias,
    attentionOutBias: bias,
    mlpBias: bias,
    normBias: bias,
  };
}
