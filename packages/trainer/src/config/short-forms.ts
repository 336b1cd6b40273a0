import { GPT_PRESETS } from '@evenkeel/gpt-model';

/** An object of a config as it is written, before it is checked. */
export type Written = { [name: string]: unknown };

/** Architectures of a GPT. */
export const ARCHITECTURES = ['gpt2', 'llama', 'lipschitz'] as const;
/** Kinds of data. */
const KINDS_OF_DATA = ['tokens', 'text', 'instructions', 'modularArithmetic', 'sparseParity'] as const;

/** The sizes of an architecture that is named alone. */
const USUAL_SIZES = { contextLength: 64, layers: 4, heads: 4, width: 128 };

/**
 * A config with its model and data in full: short forms are names, in a file as on the command line.
 *
 *     model: tiny | llama | mlp | runs/first | ./gpt2 | openai-community/gpt2
 *     data:  modularArithmetic | text.txt | tokens.bin | alpaca.json
 *
 * A model that is an object tells its kind by what it names, if not by `kind`: an architecture, a preset, or what to load.
 */
export function inFull(config: unknown): unknown {
  if (!isObject(config)) return config;
  return {
    ...config,
    ...(config.model === undefined ? {} : { model: modelInFull(config.model) }),
    ...(config.data === undefined ? {} : { data: dataInFull(config.data) }),
  };
}

export function modelInFull(model: unknown): unknown {
  if (typeof model === 'string') return modelNamed(model);
  if (!isObject(model) || model.kind !== undefined) return model;
  const { architecture, ...rest } = model;
  if (architecture === 'mlp') return { kind: 'mlp', ...rest };
  const [kind] = (
    [
      ['architecture', 'gpt'],
      ['preset', 'preset'],
      ['load', 'load'],
      ['hidden', 'mlp'],
    ] as const
  ).flatMap(([field, kind]) => (model[field] === undefined ? [] : kind));
  return kind === undefined ? model : { kind, ...model };
}

function modelNamed(name: string): Written {
  if (Object.hasOwn(GPT_PRESETS, name)) return { kind: 'preset', preset: name };
  if (name === 'mlp') return { kind: name };
  const isArchitecture = (ARCHITECTURES as readonly string[]).includes(name);
  return isArchitecture ? { kind: 'gpt', architecture: name, ...USUAL_SIZES } : { kind: 'load', load: name };
}

export function dataInFull(data: unknown): unknown {
  if (typeof data !== 'string') return data;
  if ((KINDS_OF_DATA as readonly string[]).includes(data)) return { kind: data };
  if (/\.bin$/.test(data)) return { kind: 'tokens', file: data };
  return { kind: /\.jsonl?$/.test(data) ? 'instructions' : 'text', file: data };
}

export const isObject = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
