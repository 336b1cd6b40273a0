import { GPT, GPT_PRESETS, type GPTConfig, type GPTPreset } from '@evenkeel/gpt-model';
import type { ConfiguredData } from './data-of.js';
import { Mlp } from './mlp.js';
import type { RunConfig } from './schema.js';

/** The head that gives probabilities as the loss sees them. */
const HEADS = { softmax: 'softmax', stablemax: 'stablemax', 'log-stablemax': 'logStablemax' } as const;

/**
 * The model that a config describes: a new one, a preset, or one that is loaded.
 *
 * @param data What it learns from, which says how many tokens there are.
 * @throws If choices do not fit each other or the data.
 */
export async function modelOf(
  config: RunConfig,
  data?: Pick<ConfiguredData, 'outputs' | 'inputs'>,
): Promise<GPT | Mlp> {
  const { model, loss, expandHead, seed } = config;
  if ('hidden' in model && model.architecture === 'mlp') {
    if (data?.inputs === undefined) {
      throw new Error(
        "run config: model 'mlp' came with data of tokens, expected modular-arithmetic or sparse-parity.",
      );
    }
    const { hidden, activation, bias } = model as { hidden: number[]; activation: 'relu'; bias: boolean };
    const outputs = data.outputs + (expandHead ? 1 : 0);
    return new Mlp({ widths: [data.inputs, ...hidden, outputs], activation, bias, seed });
  }
  const common = { head: HEADS[loss.name], ...(expandHead ? { expandHead } : {}) };
  if ('load' in model) {
    const { load, ...changes } = model as { load: string };
    const loaded = await GPT.load(load, { config: { ...common, ...changes } });
    return checked(loaded, data);
  }
  const { preset, ...choices } = model as { preset?: string } & Partial<GPTConfig>;
  const base = preset === undefined ? {} : presetNamed(preset);
  const vocabSize = choices.vocabSize ?? data?.outputs ?? (base as Partial<GPTConfig>).vocabSize;
  return checked(new GPT({ ...base, ...common, ...choices, vocabSize } as GPTConfig, { seed }), data);
}

function checked(model: GPT, data: Pick<ConfiguredData, 'outputs'> | undefined): GPT {
  if (!data || model.config.vocabSize >= data.outputs) return model;
  model.dispose();
  throw new Error(
    `run config: the model has ${model.config.vocabSize} tokens and the data ${data.outputs}, expected at least as many. ` +
      "Leave vocabSize out, or use the model's tokenizer.",
  );
}

function presetNamed(name: string): GPTConfig {
  if (Object.hasOwn(GPT_PRESETS, name)) return GPT_PRESETS[name as GPTPreset];
  throw new Error(
    `run config: preset '${name}' is unknown, expected one of ${Object.keys(GPT_PRESETS).join(', ')}.`,
  );
}
