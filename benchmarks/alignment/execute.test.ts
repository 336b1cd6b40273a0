import { afterAll, expect, it } from 'vitest';
import { surroundingsForTests } from '../src/recorded/surroundings-for-tests.js';
import { execute } from './execute.js';
import type { Settings } from './settings.js';

const surroundings = surroundingsForTests();
afterAll(() => surroundings.remove());

it('measures between models as they are and in one order', async () => {
  const settings: Settings = {
    preset: 'tiny',
    width: 16,
    steps: 3,
    batchSize: 2,
    learningRate: 0.001,
    alphas: 3,
    measured: 64,
  };
  const { sameStart, otherStart } = await execute({ settings, seed: 1 }, surroundings);
  for (const { apart, byWeights, byActivations } of [sameStart, otherStart]) {
    const ends = ({ values }: typeof apart) => [values.validation.loss[0], values.validation.loss[2]];
    // Another order changes no end of the path.
    for (const path of [byWeights, byActivations]) {
      ends(path).forEach((loss, i) => void expect(loss).toBeCloseTo(ends(apart)[i], 4));
    }
    expect(byWeights.distance).toBeLessThanOrEqual(apart.distance);
  }
  // Three steps from one start: nobody changes places. From another start, many do.
  expect(sameStart.byWeights.distance).toBe(sameStart.apart.distance);
  expect(otherStart.byWeights.distance).toBeLessThan(0.97 * otherStart.apart.distance);
}, 60_000);
