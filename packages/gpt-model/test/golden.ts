import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { expectClose, type GoldenCase, type GoldenTensor, type Tolerance } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { GPT, type GPTConfig, type Norm } from '../src/index.js';

export type GoldenWeights = Record<string, GoldenTensor>;

const toTensor = ({ data, shape, dtype }: GoldenTensor) =>
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

export interface Inputs {
  tokens: GoldenTensor;
  targets: GoldenTensor;
  weights: GoldenWeights;
}
export interface Expected {
  logits: GoldenTensor;
  loss: number;
  grads: GoldenWeights;
  logits_inference_last_position?: GoldenTensor;
}
export type NanoGptHyper = Parameters<typeof nanoGptConfig>[0];

export interface ModulaHyper {
  vocab_size: number;
  num_heads: number;
  d_embed: number;
  num_blocks: number;
  softmax_scale?: number;
  final_scale?: number;
  residual_scale?: number;
  layernorm_substitute?: 'rmsnorm' | 'tanh' | 'none';
}

const NORMS: Record<string, Norm> = { rmsnorm: 'rmsNorm', tanh: 'tanh', none: 'none' };

export function modulaConfig(hyper: ModulaHyper, contextLength: number): GPTConfig {
  return {
    architecture: 'lipschitz',
    vocabSize: hyper.vocab_size,
    contextLength,
    layers: hyper.num_blocks,
    heads: hyper.num_heads,
    width: hyper.d_embed,
    attentionScale: ((hyper.softmax_scale ?? 1) * hyper.num_heads) / hyper.d_embed,
    finalScale: hyper.final_scale,
    residualScale: hyper.residual_scale,
    norm: NORMS[hyper.layernorm_substitute ?? 'none'],
  };
}

/** Expects logits, loss and every gradient to be those of the fixture. */
export async function expectGolden(
  model: GPT,
  { inputs, expected, tolerance }: GoldenCase<Inputs, unknown, Expected>,
  published: (name: string) => string,
  backend: string,
): Promise<void> {
  const loosened = (output: string): Tolerance => {
    const { rtol, atol } = tolerance(output);
    const factor = backend.startsWith('web') ? 10 : 1; // GPUs round tanh, exp and sums more roughly
    return { rtol: factor * rtol, atol: factor * atol };
  };
  const [tokens, targets] = [toTensor(inputs.tokens), toTensor(inputs.targets)];
  expectClose(await model.forward(tokens).data(), expected.logits.data, loosened('logits'));
  const { value, grads } = tf.variableGrads(
    () => sparseSoftmaxCrossEntropy(targets, model.forward(tokens), { ignoreIndex: -1 }) as tf.Scalar,
    model.variables,
  );
  expectClose(await value.data(), [expected.loss], loosened('loss'));
  expect(model.parameters.size).toBe(Object.keys(expected.grads).length);
  for (const [name, { name: variable }] of model.parameters) {
    const grad = published(name) === 'embed' ? tf.transpose(grads[variable]) : grads[variable];
    expectClose(await grad.data(), expected.grads[published(name)].data, loosened('grads'));
  }
  const last = expected.logits_inference_last_position;
  if (last) {
    const logits = model.forward(tokens, { lastOnly: true });
    expect(logits.shape).toEqual(last.shape);
    expectClose(await logits.data(), last.data, loosened('logits'));
  }
}
