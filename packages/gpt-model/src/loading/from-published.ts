import type { GPTConfig } from '../config.js';
import { activationOf } from './activation-names.js';
import { Fields, type PublishedConfig } from './fields.js';
import { HARMLESS, NEUTRAL } from './known-fields.js';
import { MODEL_TYPES, type ModelType, OURS } from './model-type.js';
import { rotaryChoices } from './rotary-fields.js';

/** What a `config.json` says. */
export interface FromPublished {
  readonly modelType: ModelType;
  readonly config: GPTConfig;
  /** Fields that say nothing about the function, such as token ids, as they stand in the file. */
  readonly rest: PublishedConfig;
  /** Names of fields of which it is not known whether they change the function. */
  readonly unknown: readonly string[];
}

/**
 * Turns a published `config.json` into a config of ours, with the defaults of Python's transformers for what it leaves out.
 *
 * Each field is read, refused by name, known to change nothing, or reported as unknown.
 *
 * @throws If the model type is unknown, a field has a wrong value, or asks for something that is not supported.
 */
export function fromPublished(published: PublishedConfig): FromPublished {
  const modelType = modelTypeOf(new Fields(published));
  const plain = withoutAliases(published, ALIASES[modelType] ?? {});
  const fields = new Fields(plain);
  const ours = readOurs(modelType, fields);
  // Checked choice by choice when the model is made.
  const config = { ...read(modelType, fields), ...ours } as GPTConfig;
  for (const [name, neutral] of Object.entries(NEUTRAL)) {
    fields.only(name, neutral, `What it asks for is not supported for ${modelType}.`);
  }
  const kept = fields.rest().filter((name) => !WRITTEN_ANEW.has(name));
  return {
    modelType,
    config,
    rest: Object.fromEntries(kept.map((name) => [name, plain[name]])),
    unknown: fields.unread().filter((name) => !HARMLESS.has(name)),
  };
}

/** Fields about the file itself and the program that wrote it: a file of ours has its own. */
const WRITTEN_ANEW: ReadonlySet<string> = new Set([
  '_name_or_path',
  'architectures',
  'auto_map',
  'dtype',
  'model_type',
  'name_or_path',
  'torch_dtype',
  'transformers_version',
]);

function modelTypeOf(fields: Fields): ModelType {
  const modelType = fields.text('model_type') as ModelType;
  if (MODEL_TYPES.includes(modelType)) return modelType;
  throw new Error(
    `GPT.load: config.json has model_type '${modelType.slice(0, 60)}', expected one of ${MODEL_TYPES.join(', ')}.`,
  );
}

/** Second names under which transformers takes a field. */
const ALIASES: Partial<Record<ModelType, Readonly<Record<string, string>>>> = {
  gpt2: {
    hidden_size: 'n_embd',
    max_position_embeddings: 'n_positions',
    num_attention_heads: 'n_head',
    num_hidden_layers: 'n_layer',
  },
  mixtral: { num_experts: 'num_local_experts' },
};

function withoutAliases(
  published: PublishedConfig,
  aliases: Readonly<Record<string, string>>,
): PublishedConfig {
  const plain: Record<string, unknown> = { ...published };
  for (const [alias, name] of Object.entries(aliases)) {
    if (!Object.hasOwn(plain, alias)) continue;
    const value = plain[alias];
    delete plain[alias];
    if (Object.hasOwn(plain, name)) {
      const fields = new Fields(published);
      fields.only(alias, [plain[name]], `It is another name of ${name}: remove what is wrong.`);
    } else plain[name] = value;
  }
  return plain;
}

/** Choices of ours: all where there is no published layout, else those that no published field says. */
function readOurs(modelType: ModelType, fields: Fields): PublishedConfig {
  const ours = fields.record('evenkeel') ?? {};
  const allowed: readonly string[] = OURS;
  if (modelType === 'evenkeel' || Object.keys(ours).every((name) => allowed.includes(name))) return ours;
  throw fields.wrong('evenkeel', `an object of ${OURS.join(', ')}`, 'Other fields say the rest.');
}

function read(modelType: ModelType, fields: Fields): Partial<GPTConfig> {
  if (modelType === 'evenkeel') return {};
  return modelType === 'gpt2' ? gpt2(fields) : llama(modelType, fields);
}

function gpt2(fields: Fields): GPTConfig {
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
    activation: activationOf(fields, 'activation_function', 'gelu_new'),
    normEpsilon: fields.number('layer_norm_epsilon', 1e-5),
    tiedHead: fields.flag('tie_word_embeddings', true),
    attentionScale: fields.flag('scale_attn_weights', true) ? undefined : 1,
  };
}

type LlamaType = Exclude<ModelType, 'gpt2' | 'evenkeel'>;

/** What transformers takes where a config.json says nothing. Without `kvHeads`, as many as there are heads. */
const DEFAULTS: Readonly<Record<LlamaType, { kvHeads?: number; normEpsilon: number }>> = {
  llama: { normEpsilon: 1e-6 },
  mistral: { normEpsilon: 1e-6, kvHeads: 8 },
  mixtral: { normEpsilon: 1e-5, kvHeads: 8 },
  qwen2: { normEpsilon: 1e-6, kvHeads: 32 },
  phi3: { normEpsilon: 1e-5 },
  gemma: { normEpsilon: 1e-6, kvHeads: 16 },
  stablelm: { normEpsilon: 1e-5, kvHeads: 32 },
};

function llama(modelType: LlamaType, fields: Fields): GPTConfig {
  const width = fields.whole('hidden_size');
  const heads = fields.whole('num_attention_heads');
  const headDim = headDimOf(modelType, fields, width, heads);
  const contextLength = fields.whole('max_position_embeddings');
  const layers = fields.whole('num_hidden_layers');
  const { kvHeads, normEpsilon } = DEFAULTS[modelType];
  const shared: GPTConfig = {
    architecture: 'llama',
    vocabSize: fields.whole('vocab_size'),
    contextLength,
    layers,
    heads,
    width,
    kvHeads: fields.isThere('num_key_value_heads')
      ? fields.whole('num_key_value_heads', heads)
      : (kvHeads ?? heads),
    headDim,
    mlpWidth: fields.whole('intermediate_size'),
    activation: modelType === 'gemma' ? gemmaActivation(fields) : activationOf(fields, 'hidden_act', 'silu'),
    normEpsilon: modelType === 'stablelm' ? undefined : fields.number('rms_norm_eps', normEpsilon),
    tiedHead: fields.flag('tie_word_embeddings', modelType === 'gemma'),
    ...rotaryChoices(fields, {
      base: modelType === 'mixtral' ? 1e6 : 10_000,
      fraction: modelType === 'stablelm' ? 0.25 : 1,
      contextLength,
    }),
    ...biases(modelType, fields),
    ...windowChoices(modelType, fields, layers),
  };
  checkRotary(modelType, fields, shared);
  switch (modelType) {
    case 'mixtral':
      return {
        ...shared,
        experts: fields.whole('num_local_experts', 8),
        activeExperts: fields.whole('num_experts_per_tok', 2),
      };
    case 'phi3':
      return { ...shared, fusedQkv: true, fusedGate: true };
    case 'gemma':
      return { ...shared, norm: 'rmsNormPlusOne', embeddingScale: Math.sqrt(width) };
    case 'stablelm':
      return {
        ...shared,
        norm: 'layerNorm',
        normBias: true,
        normEpsilon: fields.number('layer_norm_eps', normEpsilon),
      };
    default:
      return shared;
  }
}

function headDimOf(modelType: LlamaType, fields: Fields, width: number, heads: number): number {
  const divided = () => {
    checkHeads(fields, width, heads, 'hidden_size', 'num_attention_heads');
    return width / heads;
  };
  if (modelType === 'gemma' && !fields.isThere('head_dim')) return 256;
  if (!fields.has('head_dim')) return divided();
  if (modelType === 'stablelm') {
    fields.only('head_dim', [divided()], 'In stablelm it is hidden_size / num_attention_heads.');
  }
  return fields.whole('head_dim');
}

/** In some families a field decides over biases, in others they are always there or never. */
function biases(
  modelType: LlamaType,
  fields: Fields,
): Pick<GPTConfig, 'qkvBias' | 'attentionOutBias' | 'mlpBias'> {
  const never = (name: string) => fields.only(name, [false], `There are no such biases in ${modelType}.`);
  if (modelType !== 'llama') never('mlp_bias');
  const mlpBias = modelType === 'llama' && fields.flag('mlp_bias', false);
  switch (modelType) {
    case 'llama':
    case 'gemma': {
      const isBiased = fields.flag('attention_bias', false);
      return { qkvBias: isBiased, attentionOutBias: isBiased, mlpBias };
    }
    case 'qwen2':
      fields.flag('attention_bias', true); // whatever it says, there are
      return { qkvBias: true, attentionOutBias: false, mlpBias };
    case 'stablelm':
      never('attention_bias');
      return { qkvBias: fields.flag('use_qkv_bias', false), attentionOutBias: false, mlpBias };
    default:
      never('attention_bias');
      return { qkvBias: false, attentionOutBias: false, mlpBias };
  }
}

/** How far back attention looks, and from which layer on. */
function windowChoices(
  modelType: LlamaType,
  fields: Fields,
  layers: number,
): Pick<GPTConfig, 'slidingWindow' | 'slidingWindowFrom'> {
  const first = fields.texts('layer_types') && firstSliding(fields, layers);
  const windowOr = (fallback: number | undefined) =>
    fields.isThere('sliding_window') && !fields.has('sliding_window')
      ? undefined
      : fields.has('sliding_window')
        ? fields.whole('sliding_window')
        : fallback;
  if (modelType === 'qwen2') {
    const from = fields.number('max_window_layers', 28);
    const window = windowOr(4096);
    const slides = fields.flag('use_sliding_window', false) && window !== undefined;
    checkLayerTypes(fields, first, slides ? (first ?? from) : layers, layers);
    return slides ? { slidingWindow: window, slidingWindowFrom: first ?? from } : {};
  }
  const hasWindow = modelType === 'mistral' || modelType === 'mixtral' || modelType === 'phi3';
  const slidingWindow = hasWindow ? windowOr(modelType === 'mistral' ? 4096 : undefined) : undefined;
  checkLayerTypes(fields, first, slidingWindow === undefined ? layers : 0, layers);
  return { slidingWindow };
}

/** The first layer that `layer_types` gives a window; all after it must have one. */
function firstSliding(fields: Fields, layers: number): number {
  const types = fields.texts('layer_types')!;
  const first = types.indexOf('sliding_attention');
  const from = first < 0 ? layers : first;
  const fits = types.every((type, i) => type === (i < from ? 'full_attention' : 'sliding_attention'));
  if (fits && types.length === layers) return from;
  throw fields.wrong(
    'layer_types',
    `${layers} times full_attention, or sliding_attention from some layer on`,
    'Other orders are not supported.',
  );
}

function checkLayerTypes(fields: Fields, came: number | undefined, expected: number, layers: number): void {
  if (came === undefined || Math.min(came, layers) === Math.min(expected, layers)) return;
  throw fields.wrong(
    'layer_types',
    expected >= layers ? 'full_attention alone' : `sliding_attention from layer ${expected} on`,
    'It contradicts sliding_window or use_sliding_window.',
  );
}

/** What transformers can do in each family. */
function checkRotary(
  modelType: LlamaType,
  fields: Fields,
  { rotaryFraction, rotaryScaling }: GPTConfig,
): void {
  if (rotaryFraction !== 1 && modelType !== 'stablelm' && modelType !== 'phi3') {
    throw new Error(
      `GPT.load: config.json has partial_rotary_factor ${rotaryFraction}, expected 1. In ${modelType} whole heads are turned.`,
    );
  }
  if (rotaryScaling && modelType === 'phi3') {
    const name = fields.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters';
    throw fields.wrong(name, 'none', 'In phi3 only longrope is possible, which is not supported.');
  }
}

/**
 * Gemma's activation has two names: transformers up to 4.5x reads `hidden_activation`, later ones `hidden_act`, where
 * `gelu` means the tanh form.
 */
function gemmaActivation(fields: Fields): GPTConfig['activation'] {
  const usual = 'gelu_pytorch_tanh';
  const act =
    fields.has('hidden_act') && fields.text('hidden_act') === 'gelu'
      ? activationOf(fields, 'hidden_activation', usual)
      : activationOf(fields, 'hidden_act', fields.text('hidden_activation', usual));
  if (!fields.has('hidden_activation') || activationOf(fields, 'hidden_activation', usual) === act)
    return act;
  throw fields.wrong('hidden_activation', 'the same as hidden_act', 'Remove what is wrong.');
}

function checkHeads(
  fields: Fields,
  width: number,
  heads: number,
  widthName: string,
  headsName: string,
): void {
  if (width % heads === 0) return;
  throw fields.wrong(
    widthName,
    `a multiple of ${headsName}, ${heads}, or head_dim`,
    'Download the file again.',
  );
}
