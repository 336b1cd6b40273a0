import type { ResolvedConfig } from '../config.js';
import { resolveConfig } from '../resolve-config.js';
import { activationName } from './activation-names.js';
import type { PublishedConfig } from './fields.js';
import { fromPublished } from './from-published.js';
import { type ModelType, OURS } from './model-type.js';
import { publishedRotary } from './rotary-fields.js';

/**
 * The `config.json` that describes a model: in a published layout if one can say all of it, else in ours. What is written is
 * read by transformers 4 and 5 alike.
 */
export function toPublished(config: ResolvedConfig): { modelType: ModelType; published: PublishedConfig } {
  const modelType = familyOf(config);
  if (modelType !== 'evenkeel') {
    const published = {
      ...(modelType === 'gpt2' ? publishedGpt2(config) : publishedLlama(modelType, config)),
      evenkeel: Object.fromEntries(OURS.map((name) => [name, config[name]])),
    };
    if (saysAll(published, config)) return { modelType, published };
  }
  return { modelType: 'evenkeel', published: { model_type: 'evenkeel', evenkeel: { ...config } } };
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
  if (config.architecture === 'lipschitz') return 'evenkeel';
  if (config.expandHead) return 'evenkeel'; // published heads have an output per token
  if (config.architecture === 'gpt2') return 'gpt2';
  if (config.norm === 'rmsNormPlusOne') return 'gemma';
  if (config.norm === 'layerNorm') return 'stablelm';
  if (config.fusedQkv) return 'phi3';
  if (config.experts > 0) return 'mixtral';
  if (config.qkvBias && !config.attentionOutBias) return 'qwen2';
  return config.slidingWindow === undefined ? 'llama' : 'mistral';
}

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
  activation_function: config.activation === 'geluTanh' ? 'gelu_new' : activationName(config.activation),
  layer_norm_epsilon: config.normEpsilon,
  scale_attn_weights: config.attentionScale !== 1,
  tie_word_embeddings: config.tiedHead,
  torch_dtype: 'float32',
});

const CLASSES = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  mixtral: 'MixtralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  phi3: 'Phi3ForCausalLM',
  gemma: 'GemmaForCausalLM',
  stablelm: 'StableLmForCausalLM',
};

function publishedLlama(modelType: keyof typeof CLASSES, config: ResolvedConfig): PublishedConfig {
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
    hidden_act: activationName(config.activation),
    ...publishedRotary(config.rotaryBase, config.rotaryScaling),
    tie_word_embeddings: config.tiedHead,
    torch_dtype: 'float32',
  };
  const epsilon = { rms_norm_eps: config.normEpsilon };
  const window = { sliding_window: config.slidingWindow ?? null };
  switch (modelType) {
    case 'llama':
      return { ...shared, ...epsilon, attention_bias: config.attentionOutBias, mlp_bias: config.mlpBias };
    case 'mistral':
      return { ...shared, ...epsilon, ...window };
    case 'mixtral':
      return {
        ...shared,
        ...epsilon,
        ...window,
        num_local_experts: config.experts,
        num_experts_per_tok: config.activeExperts,
      };
    case 'qwen2':
      return {
        ...shared,
        ...epsilon,
        ...window,
        use_sliding_window: config.slidingWindow !== undefined,
        max_window_layers: config.slidingWindow === undefined ? config.layers : config.slidingWindowFrom,
      };
    case 'phi3':
      return { ...shared, ...epsilon, ...window, partial_rotary_factor: config.rotaryFraction };
    case 'gemma': {
      // transformers takes `gelu` for the tanh form here.
      const name = config.activation === 'gelu' ? 'gelu_python' : activationName(config.activation);
      return {
        ...shared,
        ...epsilon,
        attention_bias: config.attentionOutBias,
        hidden_act: name,
        hidden_activation: name,
      };
    }
    case 'stablelm':
      return {
        ...shared,
        layer_norm_eps: config.normEpsilon,
        partial_rotary_factor: config.rotaryFraction,
        use_qkv_bias: config.qkvBias,
        use_parallel_residual: false,
        qk_layernorm: false,
      };
  }
}
