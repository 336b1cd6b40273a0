import { Fields, type PublishedConfig } from '../loading/fields.js';
import type { LoraConfig } from './lora-config.js';

/** Fields of PEFT that change nothing once an adapter is trained, or that PEFT itself does not trust. */
const HARMLESS: ReadonlySet<string> = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'eva_config',
  'fan_in_fan_out', // the layout of the layer that came last: each layer knows its own
  'inference_mode',
  'init_lora_weights',
  'layers_pattern',
  'loftq_config',
  'lora_ga_config',
  'megatron_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
]);

/** Fields that change what an adapter computes, with the values that change nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  alora_invocation_tokens: [],
  arrow_config: [],
  bias: ['none'],
  ensure_weight_tying: [false],
  exclude_modules: [[]],
  kasa_config: [],
  layer_replication: [],
  lora_bias: [false],
  monteclora_config: [],
  target_parameters: [[]],
  trainable_token_indices: [],
  use_bdlora: [false],
  use_dora: [false],
  use_qalora: [false],
  velora_config: [],
};

/**
 * Reads PEFT's `adapter_config.json`.
 *
 * @returns The config, and fields of which it is not known whether they change something.
 * @throws If it is no LoRA, or asks for what is not supported, by name.
 */
export function fromPeft(peft: PublishedConfig): { config: LoraConfig; unknown: string[] } {
  const fields = new Fields(peft, 'adapter_config.json', 'Lora.load');
  fields.only('peft_type', ['LORA'], 'Other adapters are not supported.');
  for (const [name, neutral] of Object.entries(NEUTRAL)) fields.only(name, neutral, 'It is not supported.');
  const isPattern = typeof peft.target_modules === 'string';
  const target = fields.texts('target_modules') ?? [];
  const config: LoraConfig = {
    rank: fields.whole('r'),
    alpha: fields.number('lora_alpha'),
    rankStabilized: fields.flag('use_rslora', false),
    dropout: fields.number('lora_dropout', 0),
    targets: isPattern ? target[0] : target,
    blocks: fields.wholes('layers_to_transform'),
    rankPattern: fields.numbers('rank_pattern'),
    alphaPattern: fields.numbers('alpha_pattern'),
    saved: fields.texts('modules_to_save'),
  };
  return { config, unknown: fields.unread().filter((name) => !HARMLESS.has(name)) };
}

/** The `adapter_config.json` that PEFT reads. */
export const toPeft = (config: LoraConfig, isConv1D: boolean): PublishedConfig => ({
  alpha_pattern: config.alphaPattern ?? {},
  base_model_name_or_path: null,
  bias: 'none',
  fan_in_fan_out: isConv1D,
  inference_mode: true,
  init_lora_weights: true,
  layers_pattern: null,
  layers_to_transform: config.blocks ?? null,
  lora_alpha: config.alpha ?? config.rank ?? 8,
  lora_dropout: config.dropout ?? 0,
  modules_to_save: config.saved ?? null,
  peft_type: 'LORA',
  r: config.rank ?? 8,
  rank_pattern: config.rankPattern ?? {},
  target_modules: config.targets ?? 'all-linear',
  task_type: 'CAUSAL_LM',
  use_dora: false,
  use_rslora: config.rankStabilized ?? false,
});
