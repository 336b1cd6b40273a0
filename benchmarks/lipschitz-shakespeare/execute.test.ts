import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { surroundingsForTests } from '../src/recorded/surroundings-for-tests.js';
import { execute } from './execute.js';
import { trapezoid } from './optimizer.js';
import { ROWS } from './plans.js';

let surroundings: ReturnType<typeof surroundingsForTests>;
beforeEach(() => {
  surroundings = surroundingsForTests();
});
afterEach(() => surroundings.remove());

const measure = (name: string) =>
  execute(
    { settings: { ...ROWS.find((row) => row.name === name)!.settings, tokens: 4 * 1024 }, seed: 1 },
    surroundings,
  );

describe('a Lipschitz transformer on a text', () => {
  it('has a certificate no lower than what was found, and the cap of each matrix in it', async () => {
    const measured = await measure('ours-cap1-c3.4');
    expect(measured.validationLoss).toBeLessThan(Math.log(28));
    expect(10 ** measured.log10Certificate!).toBeGreaterThan(measured.found);
    // Cap 1 everywhere: each layer's L is at most 1, and the head's is c.
    expect(measured.log10Certificate).toBeLessThan(Math.log10(3.4) + 0.02);
    expect(measured.certifiedRadius).toBeGreaterThan(0);
    expect(measured.attacked[1]).toBeLessThanOrEqual(measured.attacked[0]);
    expect(measured.curves.trainLoss.steps.at(-1)).toBe(4);
    expect(measured.lossAtBounds).toHaveLength(4);
  }, 60_000);

  it('a GPT with layer norm has none', async () => {
    const measured = await measure('gpt-adamw');
    expect([measured.log10Certificate, measured.log10Published, measured.certifiedRadius]).toEqual([
      null,
      null,
      null,
    ]);
    expect(measured.largestActivation).toBeGreaterThan(0);
  }, 60_000);

  it('takes steps that rise, stay and fall to nothing, the same for every budget up to where they fall', () => {
    const [short, long] = [trapezoid(2, 100, 60), trapezoid(2, 600, 360)];
    expect([short(0), short(19), short(60), short(80), short(100)]).toEqual([0.1, 2, 2, 1, 0]);
    for (let step = 0; step < 60; step++) expect(short(step)).toBe(long(step));
  });
});
