import { isDeepStrictEqual } from 'node:util';
import { GPT, type GPTConfig, Lora } from '@evenkeel/gpt-model';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { unlessRefused } from '../check-input.js';
import { edited } from '../edits.js';
import { hostile } from '../hostile.js';
import { type Files, jsonOf, target, textOf } from '../target.js';

const SIZES = { vocabSize: 5, contextLength: 4, layers: 1, heads: 2, width: 4, mlpWidth: 4 } as const;
const CONFIGS: readonly GPTConfig[] = [
  { architecture: 'gpt2', ...SIZES },
  { architecture: 'llama', ...SIZES, kvHeads: 1 },
  { architecture: 'lipschitz', ...SIZES, headBias: true },
  {
    ...{ architecture: 'llama', ...SIZES, rotaryBase: 500, slidingWindow: 2, qkvBias: true },
    rotaryScaling: {
      ...{ type: 'llama3', factor: 8, lowFrequencyFactor: 1 },
      highFrequencyFactor: 4,
      originalContextLength: 64,
    },
  },
  { architecture: 'llama', ...SIZES, experts: 2, activeExperts: 1 },
];

async function filesOf(config: GPTConfig): Promise<Files> {
  const model = new GPT(config, {
    published: { generation: { temperature: 0.5, top_k: 3, eos_token_id: [1] } },
  });
  const files = await model.encodeSafetensors();
  model.dispose();
  return { ...files } as Files;
}

/** A model that was accepted computes finite numbers, and is the same once saved and loaded. */
async function useModel(model: GPT): Promise<void> {
  try {
    const { contextLength } = model.config;
    if (contextLength > 1000 && model.config.scoreBias) return; // takes its time, rightly
    const before = logits(model);
    const again = await GPT.load(await model.encodeSafetensors());
    try {
      if (!isDeepStrictEqual(before, logits(again))) {
        throw new Error('useModel: the model is not the same once saved and loaded.');
      }
    } finally {
      again.dispose();
    }
  } finally {
    model.dispose();
  }
}

const logits = (model: GPT): Float32Array =>
  tf.tidy(() =>
    model
      .forward([[0, model.config.vocabSize - 1].slice(0, model.config.contextLength)])
      .dataSync<'float32'>(),
  );

export const model = target<GPT>({
  inputs: edited(await Promise.all(CONFIGS.map(filesOf))),
  refusal: /^(GPT(\.load)?|openSafetensors|readTensor|openSharded): /,
  read: (files) => GPT.load(files),
  use: useModel,
});

const published = JSON.parse(textOf((await filesOf(CONFIGS[1]))['config.json']));
const FAMILIES: readonly object[] = [
  { ...published, model_type: 'mistral', sliding_window: 4, head_dim: 2 },
  { ...published, model_type: 'mixtral', num_local_experts: 2, num_experts_per_tok: 1 },
  { ...published, model_type: 'qwen2', use_sliding_window: true, sliding_window: 2, max_window_layers: 1 },
  { ...published, model_type: 'phi3', pad_token_id: 0, original_max_position_embeddings: 4 },
  {
    ...published,
    model_type: 'gemma',
    head_dim: 2,
    hidden_act: 'gelu',
    hidden_activation: 'gelu_pytorch_tanh',
  },
  {
    ...published,
    model_type: 'stablelm',
    partial_rotary_factor: 1,
    use_qkv_bias: true,
    layer_norm_eps: 1e-5,
  },
  {
    ...published,
    rope_scaling: { rope_type: 'linear', factor: 2 },
    rope_parameters: { rope_theta: 10, factor: 2 },
  },
];

/** The config.json of each family, alone: what is wrong with it is said before weights are missed. */
export const publishedConfig = target<GPT>({
  inputs: edited(FAMILIES.map((config) => ({ 'config.json': jsonOf(config) }))),
  refusal: /^GPT(\.load)?: /,
  read: (files) => GPT.load(files),
  use: (model) => model.dispose(),
});

/** Options of `new GPT`: what a program, or a run.json, gives. */
const choices = fc.record({
  base: fc.nat(CONFIGS.length - 1),
  changed: fc.dictionary(fc.constantFrom(...namesOfChoices(), 'unheardOf'), hostile, {
    minKeys: 1,
    maxKeys: 3,
  }),
});

function namesOfChoices(): string[] {
  return [
    ...new Set(
      CONFIGS.flatMap((config) => {
        const model = new GPT(config);
        model.dispose();
        return Object.keys(model.config);
      }),
    ),
  ];
}

/** More numbers than a test should make. */
const isLarge = (config: Record<string, unknown>): boolean =>
  [
    'vocabSize',
    'contextLength',
    'layers',
    'width',
    'heads',
    'headDim',
    'kvHeads',
    'mlpWidth',
    'experts',
  ].some((name) => typeof config[name] === 'number' && (config[name] as number) > 256);

export const config = target<GPT>({
  inputs: choices
    .map(({ base, changed }) => ({ ...CONFIGS[base], ...changed }))
    .filter((config) => !isLarge(config))
    .map((config) => ({ 'config.json': jsonOf(config) })),
  refusal: /^GPT: /,
  read: (files) => new GPT(JSON.parse(textOf(files['config.json']))),
  use: (model) => model.dispose(),
});

const base = new GPT(CONFIGS[0], { name: 'base' });

async function adapterOf(): Promise<Files> {
  const lora = new Lora(base, {
    rank: 2,
    alpha: 4,
    targets: ['c_attn', 'c_proj'],
    rankPattern: { c_proj: 1 },
  });
  const files = await lora.encode();
  lora.dispose();
  return { ...files };
}

export const adapter = target<Lora>({
  inputs: edited([await adapterOf()]),
  refusal: /^(Lora(\.load)?|GPT\.load|openSafetensors|readTensor): /,
  read: (files) => Lora.load(base, files),
  async use(lora) {
    try {
      const again = await unlessRefused(/^$/, async () =>
        Lora.load(base, await lora.encode(), { name: 'again' }),
      );
      again?.dispose();
      lora.attach();
      logits(base);
      lora.detach();
    } finally {
      lora.dispose();
    }
  },
});
