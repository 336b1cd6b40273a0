import { GPT, GPT_PRESETS, type GPTConfig, type GPTPreset, type ModelFolder } from '@evenkeel/gpt-model';
import type { RunConfig } from '../config/schema.js';
import { loadCheckpoint } from './assign-weights.js';
import type { ConfiguredData } from './data-of.js';
import { Mlp } from './mlp.js';

/** The head that gives probabilities as the loss sees them. */
const HEADS = { softmax: 'softmax', stablemax: 'stablemax', 'log-stablemax': 'logStablemax' } as const;

type KnownData = Pick<ConfiguredData, 'outputs' | 'inputs'>;

/** Whether files of another kind than our checkpoints say what the model is. */
export const isPublished = ({ model }: RunConfig): boolean => 'load' in model && !('architecture' in model);

export interface ModelOfOptions {
  /** Whether the weights of a checkpoint are read, or left to whoever resumes. Default true. */
  readonly loadWeights?: boolean;
  /** The name of the run that the checkpoint must be of. */
  readonly source?: string;
  /** The files of a published model, if they are open already. */
  readonly files?: ModelFolder;
}

/**
 * The model that a config describes: a new one, a preset, one that is loaded, or one with the weights of a checkpoint.
 *
 * @param data What it learns from, which says how many tokens there are.
 * @throws If choices do not fit each other, the data or the checkpoint.
 */
export async function modelOf(
  config: RunConfig,
  data?: KnownData,
  { loadWeights = true, source, files }: ModelOfOptions = {},
): Promise<GPT | Mlp> {
  const model = await describedModel(config, data, files);
  const { load } = config.model as { load?: string };
  if (load === undefined || isPublished(config) || !loadWeights) return model;
  try {
    await loadCheckpoint(model, load, source);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function describedModel(config: RunConfig, data?: KnownData, files?: ModelFolder): Promise<GPT | Mlp> {
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
  if (isPublished(config)) {
    const { load, ...changes } = model as { load: string };
    return checked(await GPT.load(files ?? load, { config: { ...common, ...changes } }), data);
  }
  const { preset, load: _, ...choices } = model as { preset?: string; load?: string } & Partial<GPTConfig>;
  const base = preset === undefined ? {} : presetNamed(preset);
  const vocabSize = choices.vocabSize ?? data?.outputs ?? (base as Partial<GPTConfig>).vocabSize;
  return checked(new GPT({ ...base, ...common, ...choices, vocabSize } as GPTConfig, { seed }), data);
}

function checked(model: GPT, data: KnownData | undefined): GPT {
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
