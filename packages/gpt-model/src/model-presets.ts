/** What a published family of models calls things, and what to leave alone when training it further. */
export interface ModelPreset {
  /** `architectures[0]` of its config.json. */
  readonly architecture: string;
  /** The layer, by its published name, whose outputs a StableMax head takes in the place of softmax. */
  readonly headLayer: string;
  /** Our names of that layer's parameters. A tied head's matrix is that of the embedding. */
  readonly headParameters: readonly string[];
  /** Matches the variables that ⊥Grad leaves as they are: `masked(orthograd(), not(named(orthogradSkips)))`. */
  readonly orthogradSkips: RegExp;
}

/** Biases and gains of norms: one number per feature, whose length means something. */
const BIASES_AND_NORMS = /(^|[./])norm\d?\.weight$|\.bias$|\.scoreBias$/;

const UNTIED = ['head.weight', 'head.bias'];
const TIED = ['embed.weight'];

const family = (architecture: string, headParameters: readonly string[]): ModelPreset => ({
  architecture,
  headLayer: 'lm_head',
  headParameters,
  orthogradSkips: BIASES_AND_NORMS,
});

/**
 * Per published family, by the `model_type` of its config.json: which layer is the head, and which parameters
 * ⊥Grad skips.
 *
 * Heads are tied or not as the family's first published model; where a config says otherwise, it decides:
 * `config.tiedHead`.
 *
 * Differs from the reference, whose pattern "LayerNorm" matches no name in any of these models (`ln_1`,
 * `input_layernorm`): this one matches the norms it means.
 *
 * @see cognitivecomputations/stablemax-orthogonal, custom_trainer.py, MODEL_CONFIG_MAPPING.
 */
export const MODEL_PRESETS = {
  gpt2: family('GPT2LMHeadModel', TIED),
  llama: family('LlamaForCausalLM', UNTIED),
  qwen2: family('Qwen2ForCausalLM', UNTIED),
  mistral: family('MistralForCausalLM', UNTIED),
  mixtral: family('MixtralForCausalLM', UNTIED),
  phi3: family('Phi3ForCausalLM', UNTIED),
  gemma: family('GemmaForCausalLM', TIED),
  stablelm: family('StableLmForCausalLM', UNTIED),
} as const satisfies Record<string, ModelPreset>;
