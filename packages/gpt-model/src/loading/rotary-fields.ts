import type { GPTConfig, RotaryScaling } from '../config.js';
import type { Fields, PublishedConfig } from './fields.js';

/** What a config.json says about rotary positions in one place. */
interface Rotary {
  readonly base?: number;
  readonly fraction?: number;
  readonly scaling?: RotaryScaling;
}

/** How a family turns positions where its config.json does not say. */
interface RotaryDefaults {
  readonly base: number;
  readonly fraction: number;
  readonly contextLength: number;
}

/**
 * Reads how positions are turned, from where transformers 4 puts it (`rope_theta`, `rope_scaling`,
 * `partial_rotary_factor`) and from where transformers 5 does: `rope_parameters`, one for all layers or one per kind of
 * layer.
 *
 * @throws If two places contradict each other, kinds of layers differ, or the scaling is one that is not supported.
 */
export function rotaryChoices(
  fields: Fields,
  defaults: RotaryDefaults,
): Pick<GPTConfig, 'rotaryBase' | 'rotaryFraction' | 'rotaryScaling'> {
  const scaling = fields.object('rope_scaling');
  const parameters = parametersOf(fields);
  const places: Rotary[] = [scaling, ...parameters].flatMap((place) =>
    place ? readRotary(place, fields, defaults.contextLength) : [],
  );
  const agreed = <Name extends keyof Rotary>(name: Name, values: Rotary[Name][]): Rotary[Name] => {
    if (new Set(values.map((value) => JSON.stringify(value ?? null))).size <= 1) return values[0];
    throw new Error(
      `GPT.load: config.json says two things about the rotary ${name}: ${values.map((value) => JSON.stringify(value ?? 'none')).join(' and ')} ` +
        `(rope_theta, rope_scaling and partial_rotary_factor, or rope_parameters), expected one for all layers. Remove what is wrong.`,
    );
  };
  const numbers = (values: (number | undefined)[]) => values.filter((value) => value !== undefined);
  const number = (name: string) => (fields.has(name) ? fields.number(name) : undefined);
  return {
    rotaryBase:
      agreed('base', numbers([number('rope_theta'), ...places.map(({ base }) => base)])) ?? defaults.base,
    rotaryFraction:
      agreed(
        'fraction',
        numbers([number('partial_rotary_factor'), ...places.map(({ fraction }) => fraction)]),
      ) ?? defaults.fraction,
    rotaryScaling: agreed(
      'scaling',
      places.map((place) => place.scaling),
    ),
  };
}

/** `rope_parameters`, of each kind of layer where it is divided by them. */
function parametersOf(fields: Fields): Fields[] {
  const parameters = fields.object('rope_parameters');
  if (!parameters) return [];
  const kinds = parameters.namesOfObjects().filter((name) => name.endsWith('_attention'));
  if (kinds.length === 0) return [parameters];
  return kinds.map((kind) => {
    const own = parameters.object(kind);
    if (own) return own;
    throw parameters.wrong(kind, 'an object', 'Layers without positions are not supported.');
  });
}

function readRotary(place: Fields, config: Fields, contextLength: number): Rotary {
  return {
    base: place.has('rope_theta') ? place.number('rope_theta') : undefined,
    fraction: place.has('partial_rotary_factor') ? place.number('partial_rotary_factor') : undefined,
    scaling: readScaling(place, config, contextLength),
  };
}

function readScaling(place: Fields, config: Fields, contextLength: number): RotaryScaling | undefined {
  const old = place.has('type') ? place.text('type') : undefined; // transformers 4.42 and before
  const type = place.text('rope_type', old ?? 'default');
  if (type === 'default') return undefined;
  if (type === 'linear') return { type, factor: place.number('factor') };
  if (type === 'llama3') {
    return {
      type,
      factor: place.number('factor'),
      lowFrequencyFactor: place.number('low_freq_factor'),
      highFrequencyFactor: place.number('high_freq_factor'),
      originalContextLength: originalContextLength(place, config, contextLength),
    };
  }
  throw place.wrong(
    place.has('rope_type') ? 'rope_type' : 'type',
    'default, linear or llama3',
    'Other scalings are not supported.',
  );
}

/** transformers 5 takes it from the config, or the whole context, where the scaling does not say. */
function originalContextLength(place: Fields, config: Fields, contextLength: number): number {
  const name = 'original_max_position_embeddings';
  const outer = config.has(name) ? config.whole(name) : undefined;
  const length = place.whole(name, outer ?? contextLength);
  if (outer === undefined || outer === length) return length;
  throw place.wrong(name, `${outer}, as in config.json itself`, 'Remove what is wrong.');
}

/**
 * How transformers 4 writes it, which transformers 5 reads as well. Its `rope_parameters` beside it would say everything
 * twice, and transformers 4, which keeps but does not read them, would leave them as they are when a person changes the
 * others.
 */
export const publishedRotary = (base: number, scaling: RotaryScaling | undefined): PublishedConfig => ({
  rope_theta: base,
  rope_scaling: publishedScaling(scaling),
});

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
