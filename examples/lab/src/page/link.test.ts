import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, RANGES, type Settings } from '../shared/settings.js';
import { CHOICES } from './choices.js';
import { linkTo, readLink } from './link.js';

const before = { a: DEFAULTS, b: { ...DEFAULTS, optimizer: 'muon', learningRate: 0.05 } } as const;
const page = 'https://example.org/some/lab/?old=1#charts';
const queryOf = (link: string) => new URL(link).search;

describe('a link to two runs', () => {
  it('opens the same runs, whatever they are', () => {
    const ranges = Object.entries(RANGES).map(([name, { min, max, step }]) => [
      name,
      step === 1 ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true }),
    ]);
    const choices = Object.entries(CHOICES).map(([name, each]) => [
      name,
      fc.constantFrom(...Object.keys(each)),
    ]);
    const settings = fc.record(Object.fromEntries([...ranges, ...choices])) as fc.Arbitrary<Settings>;
    fc.assert(
      fc.property(settings, settings, (a, b) => {
        const link = linkTo(page, { a, b });
        expect(link).toMatch(/^https:\/\/example\.org\/some\/lab\/\?a\./);
        const read = readLink(queryOf(link), before);
        expect(read.complaints).toEqual([]);
        const isSame = (one: Settings, other: Settings) =>
          Object.keys(DEFAULTS).every(
            (name) => one[name as keyof Settings] === other[name as keyof Settings],
          );
        expect(isSame(read.settings.a, a) && isSame(read.settings.b, b)).toBe(true);
      }),
    );
  });

  it('leaves what it does not say', () => {
    expect(readLink('', before)).toEqual({ settings: before, complaints: [] });
    expect(readLink('?a.seed=7&utm_source=x&c.seed=1', before)).toEqual({
      settings: { a: { ...DEFAULTS, seed: 7 }, b: before.b },
      complaints: [],
    });
  });

  it.each([
    ['a.learningRate=11', '“a.learningRate” is “11”; it must be a number from 0 to 10. It stays 0.003.'],
    ['b.learningRate=', '“b.learningRate” is “”; it must be a number from 0 to 10. It stays 0.05.'],
    ['a.learningRate=Infinity', 'must be a number'],
    ['a.seed=0x10', 'must be a whole number from 0 to 4294967295'],
    ['a.steps=1.5', '“a.steps” is “1.5”; it must be a whole number from 1 to 1000000. It stays 1000.'],
    ['a.optimizer=sgd', 'it can be adamw, orthogonal-adamw, grokadamw, muon. It stays adamw.'],
    ['a.task=toString', '“a.task” is “toString”; it can be ecclesiastes'],
    ['a.optimzer=muon', '“a.optimzer” is no setting; there are task, modulus'],
    ['a.__proto__=1', '“a.__proto__” is no setting'],
    ['a.constructor=1', '“a.constructor” is no setting'],
    [`b.model=${'x'.repeat(9999)}`, `“b.model” is “${'x'.repeat(40)}…”`],
    ['a.model=$%26$1', '“a.model” is “$&$1”'],
  ])('says what it cannot take: %s', (query, words) => {
    const { settings, complaints } = readLink(query, before);
    expect(settings).toEqual(before);
    expect(complaints).toEqual([expect.stringContaining(words)]);
  });

  it('takes the first of two', () => {
    const { settings, complaints } = readLink('a.seed=1&a.seed=2', before);
    expect(settings.a.seed).toBe(1);
    expect(complaints).toEqual(['“a.seed” is there twice; the first one counts.']);
  });
});
