import { expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import m1 from '../fixtures/m1_sampling.json' with { type: 'json' };
import { drawToken } from './filter-logits.js';
import { type FilterOptions, filterLogits } from './index.js';
import { randomSource } from './random.js';

interface Hyper {
  temperature?: number;
  top_k?: number;
  top_p?: number;
  min_p?: number;
  repetition_penalty?: number;
}
interface Expected {
  probs: GoldenTensor;
  kept: number[];
  ambiguous?: boolean;
  accepted_number_of_kept_tokens?: number[];
}
const cases = goldenCases<{ logits: GoldenTensor; previous_tokens?: GoldenTensor }, Hyper, Expected>(m1);
const chiSquareLimits: Record<string, number> = Object.fromEntries(
  m1.cases.flatMap((one) =>
    'sampling_test' in one && one.sampling_test
      ? [[one.name, one.sampling_test['chi2_critical_p_1e-6']]]
      : [],
  ),
);

const optionsOf = (hyper: Hyper, previous?: GoldenTensor): FilterOptions => ({
  temperature: hyper.temperature,
  topK: hyper.top_k,
  topP: hyper.top_p,
  minP: hyper.min_p,
  repetitionPenalty: hyper.repetition_penalty,
  previousTokens: previous?.data,
});

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const weights = logits.map((x) => Math.exp(x - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
const keptIn = (logits: readonly number[]) => [...logits.keys()].filter((i) => logits[i] > -Infinity);

describe('filterLogits', () => {
  it.each(cases.filter(({ expected }) => !expected.ambiguous))(
    'leaves the published distribution: $name',
    ({ inputs, hyper, expected }) => {
      const before = [...inputs.logits.data];
      const filtered = filterLogits(inputs.logits.data, optionsOf(hyper, inputs.previous_tokens));
      expectClose(softmax(filtered), expected.probs.data, { rtol: 1e-12, atol: 1e-15 });
      // Tokens so unlikely that float64 gives 0 are not counted as kept there.
      expect(keptIn(filtered).filter((i) => softmax(filtered)[i] > 1e-16)).toEqual(
        expected.kept.filter((i) => expected.probs.data[i] > 1e-16),
      );
      expect(inputs.logits.data).toEqual(before);
    },
  );

  it.each(cases.filter(({ expected }) => expected.ambiguous))(
    'keeps an accepted number of equal tokens: $name',
    ({ inputs, hyper, expected }) => {
      const kept = keptIn(filterLogits(inputs.logits.data, optionsOf(hyper)));
      expect(expected.accepted_number_of_kept_tokens).toContain(kept.length);
    },
  );

  it.each(cases.filter(({ name }) => chiSquareLimits[name] !== undefined))(
    'is drawn from at the published rates: $name',
    ({ name, inputs, hyper, expected }) => {
      const filtered = filterLogits(inputs.logits.data, optionsOf(hyper, inputs.previous_tokens));
      const [draws, random] = [20_000, randomSource(7, 0)];
      const counts = new Array<number>(filtered.length).fill(0);
      for (let i = 0; i < draws; i++) counts[drawToken(filtered, random)]++;
      const cells = [{ count: 0, wanted: 0 }]; // the first pools those expected less than 5 times
      expected.probs.data.forEach((p, i) => {
        if (p * draws >= 5) cells.push({ count: counts[i], wanted: p * draws });
        else cells[0] = { count: cells[0].count + counts[i], wanted: cells[0].wanted + p * draws };
      });
      const chiSquare = cells.reduce(
        (sum, { count, wanted }) => sum + (wanted < 1e-6 ? 0 : (count - wanted) ** 2 / wanted),
        0,
      );
      expect(chiSquare).toBeLessThanOrEqual(chiSquareLimits[name] + 1e-9);
      if (cells[0].wanted < 1e-6) expect(cells[0].count).toBe(0);
    },
  );

  it('keeps the smallest set of likeliest tokens that reaches top-p', () => {
    const scores = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 99 }), (hundredths, percent) => {
        const logits = hundredths.map((x) => x / 100);
        const [p, topP] = [softmax(logits), percent / 100];
        const kept = keptIn(filterLogits(logits, { topP }));
        const mass = kept.reduce((sum, i) => sum + p[i], 0);
        const least = Math.min(...kept.map((i) => p[i]));
        expect(mass).toBeGreaterThanOrEqual(topP - 1e-12);
        expect(mass - least).toBeLessThan(topP + 1e-12);
        expect(p.filter((x) => x > least).length).toBeLessThanOrEqual(kept.length);
      }),
    );
  });

  it('keeps exactly k of equal logits', () => {
    expect(keptIn(filterLogits([1, 1, 1, 1], { topK: 2 }))).toEqual([0, 1]);
    expect(keptIn(filterLogits([1, 1], { temperature: 0 }))).toEqual([0]);
  });

  it('takes a whole vocabulary', () => {
    const logits = Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i));
    expect(keptIn(filterLogits(logits, { topK: 50, topP: 0.9, minP: 0.01 })).length).toBeGreaterThan(1);
  });

  it.each<[FilterOptions, string]>([
    [{ temperature: -1 }, 'temperature is -1, expected a number ≥ 0'],
    [{ temperature: Number.NaN }, 'temperature is NaN'],
    [{ topK: 1.5 }, 'topK is 1.5, expected a whole number'],
    [{ topP: 0 }, 'topP is 0, expected above 0'],
    [{ topP: 1.01 }, 'topP is 1.01'],
    [{ minP: 2 }, 'minP is 2, expected 0 to 1'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty is 0, expected a number > 0'],
    [{ allowedTokens: 0 }, 'allowedTokens is 0, expected a whole number ≥ 1'],
    [{ allowedTokens: 1.5 }, 'allowedTokens is 1.5'],
    [{ allowedTokens: Number.NaN }, 'allowedTokens is NaN'],
    [{ allowedTokens: [0, 0, 0] }, 'allowedTokens is a list without any token'],
    [{ allowedTokens: [0, 0, 0, 1] }, 'no logit is finite'],
    [{ repetitionPenalty: 2, previousTokens: [3] }, 'previousTokens contains 3, expected 0 to 2'],
  ])('refuses %o', (options, message) => {
    expect(() => filterLogits([1, 2, 3], options)).toThrow(message);
  });

  it.each([[[1, Number.NaN]], [[Infinity, 1]], [[-Infinity, -Infinity]], [[]]])(
    'refuses logits %o',
    (logits) => {
      expect(() => filterLogits(logits)).toThrow(/filterLogits: .*expected finite/);
    },
  );
});
