import { afterEach, beforeEach, expect, it } from 'vitest';
import { surroundingsForTests } from '../src/recorded/surroundings-for-tests.js';
import { execute } from './execute.js';
import { RECIPES, type Settings } from './settings.js';

let surroundings: ReturnType<typeof surroundingsForTests>;
beforeEach(() => {
  surroundings = surroundingsForTests();
});
afterEach(() => surroundings.remove());

const settings: Omit<Settings, 'recipe'> = {
  task: 'modular',
  loss: 'softmax',
  norm: 'none',
  layers: 1,
  learningRates: [0.01, 1e6],
  steps: 10,
};

it.each(RECIPES)(
  '%s begins near the loss of knowing nothing, learns at a small rate and not at an absurd one',
  async (recipe) => {
    const { firstLoss, finalLosses, collapse } = await execute(
      { settings: { ...settings, recipe }, seed: 1 },
      surroundings,
    );
    expect(firstLoss).toBeCloseTo(Math.log(19), 0);
    expect(finalLosses[0]).toBeLessThan(firstLoss);
    expect(finalLosses[1] ?? Infinity).toBeGreaterThan(firstLoss);
    expect(collapse![0]).toBeLessThan(0.5);
  },
);

it.each([
  ['characters', 'layerNorm', 'stablemax'],
  ['characters', 'convex', 'softmax'],
] as const)('trains on %s with %s and %s', async (task, norm, loss) => {
  const run = { ...settings, task, norm, loss, recipe: 'muon+softcap', learningRates: [0.1] } as const;
  const { firstLoss, finalLosses } = await execute({ settings: run, seed: 1 }, surroundings);
  expect(finalLosses[0]).toBeLessThan(firstLoss);
});
