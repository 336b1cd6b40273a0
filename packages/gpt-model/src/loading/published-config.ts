import type { Activation, GPTConfig, ResolvedConfig, RotaryScaling } from '../config.js';
import { resolveConfig } from '../resolve-config.js';
import { Fields, type PublishedConfig } from './fields.js';

/** Model types whose `config.json` and tensor names are understood, and `evenkeel`, for models that have no published layout. */
const MODEL_TYPES = [
  'gpt2',
  'llama',
  'mistral',
  'mixtral',
  'qwen2',
  'phi3',
  'gemma',
  'stablelm',
  'evenkeel',
] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

/** Choices of ours that a published config has no place for: they are kept under `evenkeel` in it. */
const OURS = ['head', 'expandHead', 'dropout', 'checkpointing'] as const;

/**
 * Turns a published `config.json` into a config of ours, with the defaults of Python's transformers for what it leaves out.
 *
 * @throws If the model type is unknown, a field has a wrong value, or asks for something that is not supported.
 */
export function fromPublished(published: PublishedConfig): { modelType: ModelType; config: GPTConfig } {
  const fields = new Fields(published);
  const modelType = fields.text('model_type') as ModelType;
  if (!MODEL_TYPES.includes(modelType)) {
    throw new Error(
      `GPT.load: config.json has model_type '${modelType.slice(0, 60)}', expected one of ${MODEL_TYPES.join(', ')}.`,
    );
  }
  const config =
    modelType === 'gpt2' ? gpt2(fields) : modelType === 'evenkeel' ? {} : llama(modelType, fields);
  const ours = Object.hasOwn(published, 'evenkeel') ? (published.evenkeel as object) : {};
  // Checked choice by choice when the model is made.
  return { modelType, config: { ...config, ...ours } as GPTConfig };
}

function gpt2(fields: Fields): GPTConfig {
  fields.only('scale_attn_by_inverse_layer_idx', false, 'Scaling by layer is not supported.');
  const width = fields.whole('n_embd');
  const heads = fields.whole('n_head');
  checkHeads(fields, width, heads, 'n_embd', 'n_head');
  return {
    architecture: 'gpt2',
    vocabSize: fields.whole('vocab_size'),
    contextLength: fields.whole('n_positions', fields.has('n_ctx') ? fields.whole('n_ctx') : undefined),
    layers: fields.whole('n_layer'),
    heads,
    width,
    mlpWidth: fields.whole('n_inner', 4 * width),
    activation: activationOf(fields.text('activation_function', 'gelu_new')),
    normEpsilon: fields.number('layer_norm_epsilon', 1e-5),
    tiedHead: fields.flag('tie_word_embeddings', true),
    attentionScale: fields.flag('scale_attn_weights', true) ? undefined : 1,
  };
}

function llama(modelType: ModelType, fields: Fields): GPTConfig {
  fields.only('pretraining_tp', 1, 'Tensor-parallel slicing is not supported.');
  const width = fields.whole('hidden_size');
  const heads = fields.whole('num_attention_heads');
  if (!fields.has('head_dim')) checkHeads(fields, width, heads, 'hidden_size', 'num_attention_heads');
  const isBiased = fields.flag('attention_bias', false);
  const shared: GPTConfig = {
    architecture: 'llama',
    vocabSize: fields.whole('vocab_size'),
    contextLength: fields.whole('max_position_embeddings'),
    layers: fields.whole('num_hidden_layers'),
    heads,
    width,
    kvHeads: fields.whole('num_key_value_heads', heads),
    headDim: fields.whole('head_dim', width / heads),
    mlpWidth: fields.whole('intermediate_size'),
    mlpBias: fields.flag('mlp_bias', false),
    activation: activationOf(fields.text('hidden_act', 'silu')),
    normEpsilon: fields.number('rms_norm_eps', 1e-6),
    rotaryBase: fields.number('rope_theta', 10_000),
    rotaryScaling: rotaryScaling(fields),
    tiedHead: fields.flag('tie_word_embeddings', modelType === 'gemma'),
    qkvBias: isBiased,
    attentionOutBias: isBiased,
  };
  const slidingWindow = fields.has('sliding_window') ? fields.whole('sliding_window') : undefined;
  switch (modelType) {
    case 'mistral':
      return { ...shared, slidingWindow };
    case 'mixtral':
      return {
        ...shared,
        slidingWindow,
        rotaryBase: fields.number('rope_theta', 1e6),
        experts: fields.whole('num_local_experts', 8),
        activeExperts: fields.whole('num_experts_per_tok', 2),
      };
    case 'qwen2': {
      const isSliding = fields.flag('use_sliding_window', false);
      return {
        ...shared,
        qkvBias: true,
        attentionOutBias: false,
        slidingWindow: isSliding ? slidingWindow : undefined,
        slidingWindowFrom: isSliding ? fields.number('max_window_layers', 28) : undefined,
      };
    }
    case 'phi3':
      fields.only('partial_rotary_factor', 1, 'Partial rotation is not supported for phi3.');
      return { ...shared, slidingWindow, fusedQkv: true, fusedGate: true };
    case 'gemma':
      // Early configs say `gelu` in hidden_act and mean the tanh form; hidden_activation is what counts.
      return {
        ...shared,
        headDim: fields.whole('head_dim', 256),
        norm: 'rmsNormPlusOne',
        activation: activationOf(fields.text('hidden_activation', 'gelu_pytorch_tanh')),
        embeddingScale: Math.sqrt(width),
      };
    case 'stablelm':
      fields.only('use_parallel_residual', false, 'Parallel residuals are not supported.');
      fields.only('qk_layernorm', false, 'Norms of queries and keys are not supported.');
      return {
        ...shared,
        norm: 'layerNorm',
        normBias: true,
        normEpsilon: fields.number('layer_norm_eps', 1e-5),
        rotaryFraction: fields.number('partial_rotary_factor', 0.25),
        qkvBias: fields.flag('use_qkv_bias', false),
        attentionOutBias: false,
      };
    default:
      return shared;
  }
}

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_new', 'geluTanh'],
  ['gelu_pytorch_tanh', 'geluTanh'],
  ['gelu_fast', 'geluTanh'],
  ['relu', 'relu'],
]);

function activationOf(name: string): Activation {
  const activation = ACTIVATIONS.get(name);
  if (activation) return activation;
  throw new Error(
    `GPT.load: config.json has the activation '${name.slice(0, 60)}', expected one of ${[...ACTIVATIONS.keys()].join(', ')}.`,
  );
}

function rotaryScaling(fields: Fields): RotaryScaling | undefined {
  const scaling = fields.object('rope_scaling');
  if (!scaling) return undefined;
  const type = scaling.text('rope_type', scaling.has('type') ? scaling.text('type') : 'default');
  if (type === 'default') return undefined;
  if (type === 'linear') return { type, factor: scaling.number('factor') };
  if (type === 'llama3') {
    return {
      type,
      factor: scaling.number('factor'),
      lowFrequencyFactor: scaling.number('low_freq_factor'),
      highFrequencyFactor: scaling.number('high_freq_factor'),
      originalContextLength: scaling.whole('original_max_position_embeddings'),
    };
  }
  throw new Error(
    `GPT.load: config.json has rope_scaling of type '${type.slice(0, 60)}', expected default, linear or llama3.`,
  );
}

function checkHeads(
  fields: Fields,
  width: number,
  heads: number,
  widthName: string,
  headsName: string,
): void {
  if (width % heads === 0) return;
  throw new Error(
    `GPT.load: config.json has ${widthName} ${fields.whole(widthName)} and ${headsName} ${heads}, ` +
      `expected the first to be a multiple of the second, or head_dim. Download the file again.`,
  );
}

/**
 * The `config.json` that describes a model: in a published layout if one can say all of it, else in ours.
 */
export function toPublished(config: ResolvedConfig): { modelType: ModelType; published: PublishedConfig } {
  const modelType = config.architecture === 'lipschitz' ? 'evenkeel' : familyOf(config);
  if (modelType !== 'evenkeel') {
    const ours = Object.fromEntries(OURS.map((name) => [name, config[name]]));
    const published = {
      ...(modelType === 'gpt2' ? publishedGpt2(config) : publishedLlama(modelType, config)),
      evenkeel: ours,
    };
    if (saysAll(published, config)) return { modelType, published };
  }
  const { architecture } = config;
  return {
    modelType: 'evenkeel',
    published: { model_type: 'evenkeel', evenkeel: { ...config, architecture } },
  };
}

/** Whether a published config, read back, gives the same model. */
function saysAll(published: PublishedConfig, config: ResolvedConfig): boolean {
  const plain = (value: object) => JSON.stringify(Object.entries(value).sort());
  try {
    return (
      plain(resolveConfig(fromPublished(JSON.parse(JSON.stringify(published)) as PublishedConfig).config)) ===
      plain(config)
    );
  } catch {
    return false;
  }
}

function familyOf(config: ResolvedConfig): ModelType {
  if (config.architecture === 'gpt2') return 'gpt2';
  if (config.norm === 'rmsNormPlusOne') return 'gemma';
  if (config.norm === 'layerNorm') return 'stablelm';
  if (config.fusedQkv) return 'phi3';
  if (config.experts > 0) return 'mixtral';
  if (config.qkvBias && !config.attentionOutBias) return 'qwen2';
  return config.slidingWindow === undefined ? 'llama' : 'mistral';
}

const nameOf = (activation: Activation): string =>
  ({
    silu: 'silu',
    gelu: 'gelu',
    geluTanh: 'gelu_pytorch_tanh',
    relu: 'relu',
    modulaGelu: 'modula_gelu',
    maxMin: 'max_min',
  })[activation];

const publishedGpt2 = (config: ResolvedConfig): PublishedConfig => ({
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  vocab_size: config.vocabSize,
  n_positions: config.contextLength,
  n_ctx: config.contextLength,
  n_embd: config.width,
  n_layer: config.layers,
  n_head: config.heads,
  n_inner: config.mlpWidth === 4 * config.width ? null : config.mlpWidth,
  activation_function: config.activation === 'geluTanh' ? 'gelu_new' : nameOf(config.activation),
  layer_norm_epsilon: config.normEpsilon,
  tie_word_embeddings: config.tiedHead,
  torch_dtype: 'float32',
});

const CLASSES: Partial<Record<ModelType, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  mixtral: 'MixtralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  phi3: 'Phi3ForCausalLM',
  gemma: 'GemmaForCausalLM',
  stablelm: 'StableLmForCausalLM',
};

function publishedLlama(modelType: ModelType, config: ResolvedConfig): PublishedConfig {
  const shared = {
    model_type: modelType,
    architectures: [CLASSES[modelType]],
    vocab_size: config.vocabSize,
    max_position_embeddings: config.contextLength,
    hidden_size: config.width,
    intermediate_size: config.mlpWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: nameOf(config.activation),
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.rotaryBase,
    rope_scaling: publishedScaling(config.rotaryScaling),
    tie_word_embeddings: config.tiedHead,
    attention_bias: config.attentionOutBias,
    mlp_bias: config.mlpBias,
    torch_dtype: 'float32',
  };
  const window = { sliding_window: config.slidingWindow ?? null };
  const extra: Partial<Record<ModelType, PublishedConfig>> = {
    mistral: window,
    mixtral: { ...window, num_local_experts: config.experts, num_experts_per_tok: config.activeExperts },
    qwen2: {
      ...window,
      use_sliding_window: config.slidingWindow !== undefined,
      max_window_layers: config.slidingWindow === undefined ? config.layers : config.slidingWindowFrom,
    },
    phi3: window,
    gemma: { hidden_activation: nameOf(config.activation) },
    stablelm: {
      layer_norm_eps: config.normEpsilon,
      partial_rotary_factor: config.rotaryFraction,
      use_qkv_bias: config.qkvBias,
      use_parallel_residual: false,
      qk_layernorm: false,
    },
  };
  return { ...shared, ...extra[modelType] };
}

function publishedScaling(scaling: RotaryScaling | undefined): PublishedConfig | null {
  if (!scaling) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalContextLength,
  };
}
