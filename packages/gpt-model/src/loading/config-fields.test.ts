import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GPT, type GPTConfig, resolveConfig } from '../index.js';
import { fromPublished } from './from-published.js';
import { NEUTRAL } from './known-fields.js';
import { toPublished } from './to-published.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(join(FIXTURES, path), 'utf8'));
const checkpoints = readdirSync(join(FIXTURES, 'checkpoints'));
const bytesOf = (config: unknown) => new TextEncoder().encode(JSON.stringify(config));

beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.zeros([1]).dispose(); // with the first tensor tfjs says hello, by a warning
});
afterEach(() => vi.restoreAllMocks());

/** Configs of every family, as transformers 4 wrote them. */
const families = Object.fromEntries(
  [
    'gpt2_prefix_f32',
    'llama_f32_gqa',
    'mistral_f16',
    'qwen2_bf16',
    'phi3_f32',
    'gemma_bf16',
    'stablelm_bf16',
  ].map((name) => {
    const config = json(`checkpoints/${name}/config.json`);
    return [config.model_type as string, config as Record<string, unknown>];
  }),
);
families.mixtral = {
  ...families.mistral,
  model_type: 'mixtral',
  architectures: ['MixtralForCausalLM'],
  num_local_experts: 4,
  num_experts_per_tok: 2,
  output_router_logits: false,
  router_aux_loss_coef: 0.001,
  router_jitter_noise: 0,
};
const { gpt2: _, ...turning } = families;

const read = (config: object) => resolveConfig(fromPublished(config as Record<string, unknown>).config);
const without = (config: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));

describe('config.json of transformers 5', () => {
  it.each(checkpoints)('means the model that transformers 4 meant: %s', (name) => {
    const [four, five] = [
      fromPublished(json(`checkpoints/${name}/config.json`)),
      fromPublished(json(`transformers5/${name}.json`)),
    ];
    expect(resolveConfig(five.config)).toEqual(resolveConfig(four.config));
    expect([...four.unknown, ...five.unknown]).toEqual([]);
  });

  const llama3 = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  };
  it.each(Object.keys(turning).filter((family) => family !== 'phi3'))(
    'has rope_parameters in the place of rope_theta and rope_scaling: %s',
    (family) => {
      const bare = without(turning[family], 'rope_theta', 'rope_scaling', 'partial_rotary_factor');
      const partial = family === 'stablelm' ? { partial_rotary_factor: 0.5 } : {};
      for (const scaling of [llama3, { rope_type: 'linear', factor: 2 }, null]) {
        const four = { ...bare, ...partial, rope_theta: 5e5, rope_scaling: scaling };
        const five = { rope_theta: 5e5, ...partial, ...(scaling ?? { rope_type: 'default' }) };
        const byKind = { full_attention: five, sliding_attention: five };
        expect(read(four).rotaryBase).toBe(5e5);
        expect(read(four).rotaryScaling?.type).toBe(scaling?.rope_type);
        for (const rope_parameters of [five, byKind]) {
          expect(read({ ...bare, rope_parameters })).toEqual(read(four));
          expect(fromPublished({ ...bare, rope_parameters }).unknown).toEqual([]);
          // As transformers 4 saves it again, where it said the same.
          expect(read({ ...four, rope_parameters })).toEqual(read(four));
        }
      }
    },
  );

  const { llama } = families;
  const parameters = { rope_theta: 10_000, rope_type: 'default' };
  it.each<[object, string]>([
    // As transformers 4 saves a file of transformers 5: with its own default beside what it does not read.
    [
      { rope_parameters: { rope_theta: 5e5, rope_type: 'default' } },
      'two things about the rotary base: 10000 and 500000',
    ],
    [
      { rope_scaling: { ...llama3, factor: 4 }, rope_parameters: { ...parameters, ...llama3 } },
      'rotary scaling',
    ],
    [
      {
        rope_parameters: {
          full_attention: parameters,
          sliding_attention: { ...parameters, rope_type: 'linear', factor: 2 },
        },
      },
      'rotary scaling',
    ],
    [
      { rope_parameters: { full_attention: parameters, sliding_attention: null } },
      'rope_parameters.sliding_attention null',
    ],
    [{ rope_parameters: 'x' }, 'rope_parameters "x", expected an object'],
    [
      { rope_parameters: { rope_theta: '1e6' } },
      'rope_parameters.rope_theta "1e6", expected a finite number',
    ],
    [{ rope_parameters: { rope_type: 'llama3', factor: 8 } }, 'no rope_parameters.low_freq_factor'],
    [
      { rope_parameters: { ...parameters, partial_rotary_factor: 0.5 } },
      'partial_rotary_factor 0.5, expected 1',
    ],
    [{ partial_rotary_factor: 0.5 }, 'partial_rotary_factor 0.5, expected 1'],
    [
      { original_max_position_embeddings: 64, rope_scaling: llama3 },
      'rope_scaling.original_max_position_embeddings 16',
    ],
    ...['yarn', 'dynamic', 'longrope', 'su', 'proportional', 'mrope'].flatMap((type): [object, string][] => [
      [
        { rope_parameters: { rope_type: type, factor: 2 } },
        `rope_parameters.rope_type "${type}", expected default`,
      ],
      [{ rope_scaling: { type, factor: 2 } }, `rope_scaling.type "${type}", expected default`],
    ]),
  ])('refuses by name %j', (change, message) => {
    expect(() => read({ ...llama, ...change })).toThrow(message);
  });

  it('takes the context for the original length where a llama3 scaling does not say', () => {
    const rope_parameters = without({ ...parameters, ...llama3 }, 'original_max_position_embeddings');
    expect(read({ ...llama, rope_parameters }).rotaryScaling).toMatchObject({ originalContextLength: 128 });
  });
});

describe('a field of config.json', () => {
  it.each(Object.entries(families))(
    'that changes the function is read or refused by name: %s',
    (_, config) => {
      for (const [name, neutral] of Object.entries(NEUTRAL)) {
        for (const value of neutral) expect(() => read({ ...config, [name]: value })).not.toThrow();
        expect(() => read({ ...config, [name]: 0.37 })).toThrow(`config.json has ${name} 0.37, expected`);
      }
    },
  );

  it.each<[string, object, string]>([
    ['mistral', { attention_bias: true }, 'attention_bias true, expected false'],
    ['phi3', { attention_bias: true }, 'attention_bias true, expected false'],
    ['qwen2', { mlp_bias: true }, 'mlp_bias true, expected false'],
    ['gemma', { use_bidirectional_attention: true }, 'use_bidirectional_attention true'],
    ['gemma', { hidden_activation: 'relu' }, 'hidden_activation "relu", expected the same as hidden_act'],
    ['stablelm', { head_dim: 8 }, 'head_dim 8, expected 16'],
    [
      'phi3',
      { rope_scaling: { type: 'linear', factor: 2 } },
      'rope_scaling {"type":"linear","factor":2}, expected none',
    ],
    ['gpt2', { hidden_size: 25 }, 'hidden_size 25, expected 24. It is another name of n_embd'],
    [
      'gpt2',
      { scale_attn_by_inverse_layer_idx: true },
      'scale_attn_by_inverse_layer_idx true, expected false',
    ],
    ['gpt2', { activation_function: 'quick_gelu' }, "the activation 'quick_gelu', expected one of"],
    ['llama', { quantization_config: { bits: 4 } }, 'quantization_config {"bits":4}, expected null'],
    ['llama', { layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types'],
    ['llama', { layer_types: ['full_attention'] }, 'layer_types ["full_attention"], expected 2 times'],
    ['mistral', { sliding_window: 8, layer_types: ['full_attention', 'full_attention'] }, 'layer_types'],
    [
      'qwen2',
      { use_sliding_window: true, sliding_window: 8, layer_types: ['sliding_attention', 'full_attention'] },
      'Other orders are not supported',
    ],
    ['qwen2', { layer_types: ['full_attention', 'sliding_attention'] }, 'It contradicts sliding_window'],
    ['llama', { evenkeel: { width: 8 } }, 'evenkeel {"width":8}, expected an object of head'],
    ['llama', { evenkeel: 'x' }, 'evenkeel "x", expected an object'],
  ])('is refused: %s %j', (family, change, message) => {
    expect(() => read({ ...families[family], ...change })).toThrow(message);
  });

  it.each<[string, object, Partial<GPTConfig>]>([
    ['gpt2', { scale_attn_weights: false }, { attentionScale: 1 }],
    ['gpt2', { n_inner: 40 }, { mlpWidth: 40 }],
    ['gpt2', { n_inner: null }, { mlpWidth: 96 }],
    ['gpt2', { reorder_and_upcast_attn: true }, {}],
    ['llama', { num_key_value_heads: null }, { kvHeads: 4 }],
    ['llama', { mlp_bias: true }, { mlpBias: true }],
    ['llama', { pretraining_tp: 2 }, {}],
    ['llama', { head_dim: null }, { headDim: 8 }],
    ['mistral', { head_dim: 16 }, { headDim: 16, attentionScale: 1 / 4 }],
    ['mistral', { sliding_window: 8 }, { slidingWindow: 8, slidingWindowFrom: 0 }],
    ['phi3', { sliding_window: 8, partial_rotary_factor: 0.5 }, { slidingWindow: 8, rotaryFraction: 0.5 }],
    [
      'qwen2',
      { use_sliding_window: true, sliding_window: 8, max_window_layers: 1 },
      { slidingWindow: 8, slidingWindowFrom: 1 },
    ],
    [
      'qwen2',
      { use_sliding_window: true, sliding_window: 8, layer_types: ['full_attention', 'sliding_attention'] },
      { slidingWindow: 8, slidingWindowFrom: 1 },
    ],
    ['qwen2', { use_sliding_window: true, sliding_window: null }, { slidingWindow: undefined }],
    ['qwen2', { attention_bias: true }, { qkvBias: true, attentionOutBias: false }],
    ['gemma', { attention_bias: true }, { qkvBias: true, attentionOutBias: true }],
    ['gemma', { hidden_act: 'gelu', hidden_activation: null }, { activation: 'geluTanh' }],
    ['stablelm', { use_qkv_bias: true }, { qkvBias: true, attentionOutBias: false }],
    ['llama', { hidden_act: 'gelu_python' }, { activation: 'gelu' }],
  ])('is read: %s %j', (family, change, choices) => {
    expect(read({ ...families[family], ...change })).toEqual({ ...read(families[family]), ...choices });
  });

  it.each<[string, string, Partial<GPTConfig>]>([
    ['llama', 'rms_norm_eps', { normEpsilon: 1e-6 }],
    ['mixtral', 'rms_norm_eps', { normEpsilon: 1e-5 }],
    ['phi3', 'rms_norm_eps', { normEpsilon: 1e-5 }],
    ['stablelm', 'layer_norm_eps', { normEpsilon: 1e-5 }],
    ['gpt2', 'layer_norm_epsilon', { normEpsilon: 1e-5 }],
    ['mixtral', 'rope_theta', { rotaryBase: 1e6 }],
    ['qwen2', 'rope_theta', { rotaryBase: 1e4 }],
    ['stablelm', 'partial_rotary_factor', { rotaryFraction: 0.25 }],
    ['mistral', 'sliding_window', { slidingWindow: 4096 }],
    ['mixtral', 'sliding_window', { slidingWindow: undefined }],
    ['gemma', 'head_dim', { headDim: 256, attentionScale: 1 / 16 }],
    ['gemma', 'hidden_activation', { activation: 'geluTanh' }],
    ['llama', 'num_key_value_heads', { kvHeads: 4 }],
    ['llama', 'tie_word_embeddings', { tiedHead: false }],
    ['qwen2', 'tie_word_embeddings', { tiedHead: false }],
    ['gemma', 'tie_word_embeddings', { tiedHead: true }],
    ['gpt2', 'tie_word_embeddings', { tiedHead: true }],
    ['llama', 'hidden_act', { activation: 'silu' }],
  ])('that is absent means what transformers takes for it: %s without %s', (family, name, choices) => {
    const all = families[family];
    expect(read(without(all, name))).toEqual({ ...read(all), ...choices });
  });

  it('takes the second names that transformers has for GPT-2 and Mixtral', () => {
    const { n_embd, n_layer, n_head, n_positions, ...rest } = families.gpt2;
    const second = {
      hidden_size: n_embd,
      num_hidden_layers: n_layer,
      num_attention_heads: n_head,
      max_position_embeddings: n_positions,
    };
    expect(read({ ...rest, ...second })).toEqual(read(families.gpt2));
    const { num_local_experts, ...mixtral } = families.mixtral;
    expect(read({ ...mixtral, num_experts: num_local_experts })).toEqual(read(families.mixtral));
  });

  it('is warned of by name, once for all, if it is not known', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const rope_scaling = { rope_type: 'linear', factor: 2, beta_fast: 32 };
    const config = { ...families.llama, mystery: 3, use_cache: false, nothing: null, rope_scaling };
    const weights = readFileSync(join(FIXTURES, 'checkpoints/llama_f32_gqa/model.safetensors'));
    const model = await GPT.load({ 'config.json': bytesOf(config), 'model.safetensors': weights });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'GPT.load: config.json has 2 fields that are not known: mystery, rope_scaling.beta_fast. The model is right only ' +
        'if that changes nothing.',
    );
    model.dispose();
  });
});

describe('a saved config.json', () => {
  it.each(Object.entries(families))(
    'says the same when it is read again, and no family more than it has: %s',
    (family, config) => {
      const resolved = read(config);
      const { modelType, published } = toPublished(resolved);
      expect(modelType).toBe(family === 'mistral' ? 'llama' : family);
      expect(read(published)).toEqual(resolved);
      expect(fromPublished(published).unknown).toEqual([]);
    },
  );

  it.each<[string, Partial<GPTConfig>]>([
    ['mistral', { slidingWindow: 8, mlpBias: true }],
    ['qwen2', { mlpBias: true }],
    ['phi3', { attentionOutBias: true }],
    ['phi3', { rotaryScaling: { type: 'linear', factor: 2 } }],
    ['stablelm', { headDim: 8, rotaryFraction: 1 }],
    ['llama', { rotaryFraction: 0.5 }],
    ['gpt2', { attentionScale: 0.3 }],
  ])('has our own layout where transformers would leave something out: %s %j', (family, change) => {
    const resolved = resolveConfig({ ...read(families[family]), ...change });
    const { modelType, published } = toPublished(resolved);
    expect(modelType).toBe('evenkeel');
    expect(read(published)).toEqual(resolved);
  });
});

describe('GPT.load of any config.json', () => {
  const ours = (config: GPTConfig) => ({ model_type: 'evenkeel', evenkeel: { ...resolveConfig(config) } });
  const sizes = { vocabSize: 5, contextLength: 4, layers: 1, heads: 2, width: 8 };
  const starts = [
    ...Object.values(families),
    { ...families.llama, rope_parameters: { rope_theta: 1e4, rope_type: 'linear', factor: 2 } },
    ours({ architecture: 'lipschitz', ...sizes, residualWeight: 0.5 }),
    ours({ architecture: 'llama', ...sizes, experts: 2, slidingWindow: 2 }),
  ];
  /** All places in an object, as paths. */
  const places = (value: unknown, path: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...places(inner, [...path, name])])
      : [];
  const put = (value: object, [name, ...rest]: string[], inner: unknown): object =>
    Object.assign(Object.create(null), value, {
      [name]: rest.length === 0 ? inner : put((value as Record<string, object>)[name], rest, inner),
    });
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      -1,
      0,
      1,
      2.5,
      1e300,
      2 ** 53,
      '',
      '__proto__',
      {},
      [],
      [[]],
      { toString: 1, valueOf: {} },
      null,
    ),
  );

  it('gives a model or a sentence, never a raw error, and leaves nothing behind', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const weights = readFileSync(join(FIXTURES, 'checkpoints/llama_f32_gqa/model.safetensors'));
    const changes = fc.constantFrom(...starts).chain((start) =>
      fc.record({
        start: fc.constant(start as object),
        changes: fc.array(
          fc.tuple(fc.constantFrom(...places(start), ['evenkeel'], ['rope_parameters']), anything),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      }),
    );
    const before = tf.memory().numTensors;
    await fc.assert(
      fc.asyncProperty(changes, anything, async ({ start, changes }, generation) => {
        let config = start;
        for (const [path, value] of changes) {
          const isThere = path.length === 1 || places(config).some((place) => place.join() === path.join());
          if (isThere) config = put(config, path, value);
        }
        const files = {
          'config.json': bytesOf(config),
          'generation_config.json': bytesOf({ eos_token_id: 1, top_k: generation, stop_strings: generation }),
          'model.safetensors': weights,
        };
        try {
          (await GPT.load(files)).dispose();
        } catch (error) {
          expect((error as Error).message).toMatch(/^GPT(\.load)?: .{20}/);
          expect((error as Error).constructor).toBe(Error);
        }
      }),
      { numRuns: 600 },
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
