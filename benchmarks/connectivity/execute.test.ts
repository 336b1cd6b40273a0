import { afterAll, expect, it } from 'vitest';
import { surroundingsForTests } from '../src/recorded/surroundings-for-tests.js';
import { execute } from './execute.js';
import type { Settings } from './settings.js';

const surroundings = surroundingsForTests();
afterAll(() => surroundings.remove());

it('measures between twins of every fork, which part only after it', async () => {
  const settings: Settings = {
    preset: 'tiny',
    steps: 4,
    forks: [0, 0.5],
    fineTune: 0.5,
    batchSize: 2,
    learningRate: 0.01,
    alphas: 3,
    measured: 64,
  };
  const { forks, fromCheckpoint } = await execute({ settings, seed: 1 }, surroundings);
  const all = [...forks, fromCheckpoint];
  expect(all.map(({ fromStep, toStep }) => [fromStep, toStep])).toEqual([
    [0, 4],
    [2, 4],
    [4, 6],
  ]);
  for (const { path } of all) {
    expect(path.alphas).toEqual([0, 0.5, 1]);
    expect(path.distance).toBeGreaterThan(0);
    expect(path.values.validation.loss.every((loss) => loss > 1 && loss < 6)).toBe(true);
    expect(path.barriers.training.error).toBeGreaterThanOrEqual(0);
  }
  // Two steps part them less than four.
  expect(all[1].path.distance).toBeLessThan(all[0].path.distance);
}, 30_000);
