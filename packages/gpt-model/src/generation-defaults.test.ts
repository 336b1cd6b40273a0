import { describe, expect, it } from 'vitest';
import { generationDefaults } from './generation-defaults.js';

describe('generationDefaults', () => {
  it('takes tokens from generation_config.json, and those it does not name from config.json', () => {
    const config = { bos_token_id: 1, eos_token_id: 2, pad_token_id: -1 };
    expect(generationDefaults({ config })).toEqual({
      beginOfText: 1,
      endOfText: [2],
      padding: undefined,
      options: {},
      ignored: [],
    });
    const generation = { eos_token_id: [5, 6, 5], pad_token_id: 5, bos_token_id: null };
    expect(generationDefaults({ config, generation })).toMatchObject({
      beginOfText: 1,
      endOfText: [5, 6],
      padding: 5,
    });
    expect(generationDefaults({})).toMatchObject({ endOfText: [], options: {} });
  });

  it('says how the makers sample, and what it leaves out', () => {
    const generation = {
      do_sample: true,
      max_new_tokens: 50,
      temperature: 0.6,
      top_k: 20,
      top_p: 0.95,
      min_p: 0.1,
      repetition_penalty: 1.05,
      stop_strings: '</s>',
      transformers_version: '5.18.0',
      _from_model_config: true,
      num_beams: 1,
      use_cache: true,
      output_scores: false,
    };
    expect(generationDefaults({ generation })).toMatchObject({
      options: {
        maxTokens: 50,
        temperature: 0.6,
        topK: 20,
        topP: 0.95,
        minP: 0.1,
        repetitionPenalty: 1.05,
        stop: ['</s>'],
      },
      ignored: [],
    });
    const more = { ...generation, num_beams: 4, suppress_tokens: [1], top_p: 1.5, guidance_scale: 2 };
    const { ignored, options } = generationDefaults({ generation: more });
    expect(ignored).toEqual(['top_p', 'num_beams', 'suppress_tokens', 'guidance_scale']);
    expect(options.topP).toBeUndefined();
    expect(
      generationDefaults({ generation: { do_sample: false, temperature: 0.6 } }).options.temperature,
    ).toBe(0);
  });

  it.each<[object, string]>([
    [
      { eos_token_id: 'x' },
      'generation_config.json has eos_token_id "x", expected a whole number or a list of them',
    ],
    [{ eos_token_id: [1.5] }, 'eos_token_id [1.5]'],
    [{ temperature: '1' }, 'generation_config.json has temperature "1", expected a finite number'],
    [{ do_sample: 1 }, 'do_sample 1, expected true or false'],
  ])('says what is wrong with %j', (generation, message) => {
    expect(() => generationDefaults({ generation: generation as Record<string, unknown> })).toThrow(message);
  });
});
