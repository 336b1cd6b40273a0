import { Fields } from './loading/fields.js';
import type { Published } from './published.js';

/** What a model's files say about generating text with it. */
export interface GenerationDefaults {
  /** The token that texts begin with. */
  readonly beginOfText?: number;
  /** The tokens after which nothing follows; none if the files do not say. */
  readonly endOfText: readonly number[];
  /** The token that fills up rows. */
  readonly padding?: number;
  /** How its makers sample from it. {@link generate} does so only if it is passed: `{ ...model.generation.options }`. */
  readonly options: {
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly topK?: number;
    readonly topP?: number;
    readonly minP?: number;
    readonly repetitionPenalty?: number;
    readonly stop?: readonly string[];
  };
  /** Fields of `generation_config.json` that ask for what `generate` cannot do, or for values out of range. */
  readonly ignored: readonly string[];
}

/**
 * Reads `generation_config.json`, and for tokens that it does not name `config.json`.
 *
 * @throws If a field is not what it should be, by name.
 */
export function generationDefaults({ config = {}, generation = {} }: Published): GenerationDefaults {
  const fields = new Fields(generation, 'generation_config.json');
  const inConfig = new Fields(config);
  const tokens = (name: string) => tokensOf(fields, name) ?? tokensOf(inConfig, name) ?? [];
  const ignored: string[] = [];
  const setting = (name: string, isInRange: (value: number) => boolean): number | undefined => {
    if (!fields.has(name)) return undefined;
    const value = fields.number(name);
    if (isInRange(value)) return value;
    ignored.push(name);
    return undefined;
  };
  const isGreedy = !fields.flag('do_sample', true);
  const settings = {
    maxTokens: setting('max_new_tokens', (value) => Number.isInteger(value) && value >= 0),
    temperature: setting('temperature', (value) => value >= 0),
    topK: setting('top_k', (value) => Number.isInteger(value) && value >= 0),
    topP: setting('top_p', (value) => value > 0 && value <= 1),
    minP: setting('min_p', (value) => value >= 0 && value <= 1),
    repetitionPenalty: setting('repetition_penalty', (value) => value > 0),
    stop: fields.texts('stop_strings'),
  };
  const [[beginOfText], endOfText, [padding]] = [
    tokens('bos_token_id'),
    tokens('eos_token_id'),
    tokens('pad_token_id'),
  ];
  const options = isGreedy ? { ...settings, temperature: 0 } : settings;
  return {
    beginOfText,
    endOfText,
    padding,
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    ignored: [...ignored, ...fields.unread().filter((name) => !changesNothing(name, generation[name]))],
  };
}

/** A token id or a list of them; ids below 0 stand for none. */
function tokensOf(fields: Fields, name: string): number[] | undefined {
  const ids = fields.wholes(name)?.filter((id) => id >= 0);
  return ids && [...new Set(ids)];
}

/** What makes text come out faster or tells more about it, and values that mean "off". */
function changesNothing(name: string, value: unknown): boolean {
  const isAside =
    /^(_from_model_config|transformers_version|use_cache|return_dict_in_generate|low_memory|compile_config|disable_compile|prefill_chunk_size|use_mtp)$/;
  if (isAside.test(name) || /^(output|cache|assistant|num_assistant|prompt_lookup|speculation)_/.test(name))
    return true;
  const off: Readonly<Record<string, readonly unknown[]>> = {
    num_beams: [1],
    num_beam_groups: [1],
    num_return_sequences: [1],
    length_penalty: [1],
    diversity_penalty: [0],
    typical_p: [1],
    epsilon_cutoff: [0],
    eta_cutoff: [0],
    encoder_repetition_penalty: [1],
    no_repeat_ngram_size: [0],
    encoder_no_repeat_ngram_size: [0],
    min_length: [0],
    min_new_tokens: [0],
    max_length: [20], // what older programs wrote where nothing was said
    guidance_scale: [1],
  };
  return value === false || (Object.hasOwn(off, name) && off[name].includes(value));
}
