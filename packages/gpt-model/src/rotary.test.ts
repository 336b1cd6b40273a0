import { expectClose } from '@evenkeel/testing';
import { describe, expect, it } from 'vitest';
import { type GPTConfig, resolveConfig } from './index.js';
import { headFrequencies } from './rotary.js';

const llama: GPTConfig = {
  architecture: 'llama',
  vocabSize: 8,
  contextLength: 8,
  layers: 1,
  heads: 1,
  width: 16,
};
const frequencies = (change: Partial<GPTConfig>) => headFrequencies(resolveConfig({ ...llama, ...change }));

describe('headFrequencies', () => {
  it('falls from 1 by the base', () => {
    expectClose(
      frequencies({ rotaryBase: 256 }),
      [1, 0.5, 0.25, 0.125, 1 / 16, 1 / 32, 1 / 64, 1 / 128],
      1e-12,
    );
  });

  it('covers a part of the head', () => {
    expect(frequencies({ rotaryFraction: 0.25 })).toEqual([1, 0.01]);
  });

  it('turns the other way round as Modula does', () => {
    expect(frequencies({ position: 'modulaRotary' })).toEqual(frequencies({}).map((f) => -f));
  });

  it('stretches all positions', () => {
    const scaled = frequencies({ rotaryScaling: { type: 'linear', factor: 4 } });
    expectClose(
      scaled,
      frequencies({}).map((f) => f / 4),
      1e-15,
    );
  });

  it('stretches as Llama 3: fast pairs stay, slow ones are divided, those between are mixed', () => {
    const scaled = frequencies({
      rotaryBase: 10_000,
      rotaryScaling: {
        type: 'llama3',
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalContextLength: 64,
      },
    });
    // Turns within 64 positions: 10.2, 3.22, 1.02, 0.32, …
    const turns = frequencies({}).map((f) => (64 * f) / (2 * Math.PI));
    const mixed = (i: number) => ((1 - (turns[i] - 1) / 3) / 8 + (turns[i] - 1) / 3) * frequencies({})[i];
    expectClose(scaled.slice(0, 4), [1, mixed(1), mixed(2), frequencies({})[3] / 8], 1e-15);
  });
});
