import { parseRunConfig } from '@evenkeel/trainer/config';
import { describe, expect, it } from 'vitest';
import { CHOICES } from '../page/choices.js';
import { runConfigOf } from './run-config.js';
import { DEFAULTS, type Settings, SIZES } from './settings.js';

const text = 'In the beginning was the word. '.repeat(60);
const arithmetic = { ...DEFAULTS, task: 'modularArithmetic' } as const;

describe('the config of a run', () => {
  it.each(
    Object.entries(CHOICES).flatMap(([name, choices]) =>
      Object.keys(choices).map((choice) => [name, choice]),
    ),
  )('fits the trainer with %s %s', (name, choice) => {
    const base = choice === 'mlp' ? arithmetic : DEFAULTS;
    const settings = { ...base, [name]: choice } as Settings;
    const config = parseRunConfig(runConfigOf(settings, text));
    expect(config.steps).toBe(DEFAULTS.steps);
  });

  it('says what was chosen', () => {
    const settings = {
      ...arithmetic,
      optimizer: 'orthogonal-adamw',
      constraint: 'hammer',
      strength: 2,
    } as const;
    expect(parseRunConfig(runConfigOf(settings))).toMatchObject({
      data: { kind: 'modularArithmetic', modulus: 59 },
      orthograd: true,
      optimizer: { name: 'adamw', weightDecay: 0 },
      constraint: { name: 'hammer', maxNorm: 2 },
    });
    const decayed = { ...settings, constraint: 'decoupledWeightDecay', strength: 0.1 } as const;
    expect(runConfigOf(decayed).constraint).toEqual({ name: 'decoupledWeightDecay', weightDecay: 0.1 });
  });

  it('refuses text that is too short for a row of validation, and MLPs that would read', () => {
    const needed = 10 * (SIZES.tiny.contextLength + 1);
    expect(() => runConfigOf(DEFAULTS, 'a'.repeat(needed - 1))).toThrow(
      `The text has ${needed - 1} characters; this model needs at least ${needed}.`,
    );
    expect(() => runConfigOf(DEFAULTS, 'ab'.repeat(needed / 2))).not.toThrow();
    expect(() => runConfigOf(DEFAULTS)).toThrow('There is no text yet');
    expect(() => runConfigOf({ ...DEFAULTS, model: 'mlp' }, text)).toThrow('An MLP cannot read text.');
  });
});
