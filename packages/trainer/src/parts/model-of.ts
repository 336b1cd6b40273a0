import { GPT, GPT_PRESETS, type GPTConfig, type ModelFolder } from '@evenkeel/gpt-model';
import type { RunConfig } from '../config/schema.js';
import { loadCheckpoint } from './assign-weights.js';
import type { ConfiguredData } from './data-of.js';
import { Mlp } from './mlp.js';

/** The head that gives probabilities as the loss sees them. */
const HEADS = { softmax: 'softmax', stablemax: 'stablemax', logStablemax: 'logStablemax' } as const;

type KnownData = Pick<ConfiguredData, 'outputs' | 'inputs' | 'contextLength'>;

/** Whether files of another kind than our checkpoints say what the model is. */
export const isPublished = ({ model }: RunConfig): boolean => model.kind === 'load';

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
  const described = config.model;
  const isCheckpoint = described.kind === 'gpt' || described.kind === 'mlp';
  if (!isCheckpoint || described.load === undefined || !loadWeights) return model;
  try {
    await loadCheckpoint(model, described.load, source);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function describedModel(config: RunConfig, data?: KnownData, files?: ModelFolder): Promise<GPT | Mlp> {
  const { model, loss, expandHead } = config;
  const common = { head: HEADS[loss.name], ...(expandHead ? { expandHead } : {}) };
  switch (model.kind) {
    case 'mlp':
      return plainNetwork(model, config, data);
    case 'load': {
      const { kind: _, load, ...changes } = model;
      return checked(await GPT.load(files ?? load, { config: { ...common, ...changes } }), data);
    }
    case 'preset': {
      const { kind: _, preset, ...changes } = model;
      const usual = GPT_PRESETS[preset];
      // As many tokens as the data have, and a context that their rows fit into, unless others are chosen.
      const size = data && {
        vocabSize: data.outputs,
        contextLength: Math.max(usual.contextLength, data.contextLength ?? 0),
      };
      return newGpt({ ...usual, ...size, ...common, ...changes }, config, data);
    }
    case 'gpt': {
      const { kind: _, load: __, ...choices } = model;
      return newGpt({ ...common, ...choices }, config, data);
    }
  }
}

/** A vocabulary that nothing says is that of the data. */
function newGpt(
  choices: Omit<GPTConfig, 'vocabSize'> & { vocabSize?: number },
  { seed }: RunConfig,
  data: KnownData | undefined,
): GPT {
  const vocabSize = choices.vocabSize ?? data?.outputs;
  return checked(new GPT({ ...choices, vocabSize } as GPTConfig, { seed }), data);
}

function plainNetwork(
  { hidden, activation, bias }: Extract<RunConfig['model'], { kind: 'mlp' }>,
  { expandHead, seed }: RunConfig,
  data: KnownData | undefined,
): Mlp {
  if (data?.inputs === undefined) {
    throw new Error(
      "run config: model 'mlp' came with data of tokens, expected modularArithmetic or sparseParity.",
    );
  }
  const outputs = data.outputs + (expandHead ? 1 : 0);
  return new Mlp({ widths: [data.inputs, ...hidden, outputs], activation, bias, seed });
}

function checked(model: GPT, data: KnownData | undefined): GPT {
  if (!data || model.config.vocabSize >= data.outputs) return model;
  model.dispose();
  throw new Error(
    `run config: the model has ${model.config.vocabSize} tokens and the data ${data.outputs}, expected at least as many. ` +
      "Leave vocabSize out, or use the model's tokenizer.",
  );
}
