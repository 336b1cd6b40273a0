import {
  constant,
  inverseSqrt,
  linear,
  type Schedule,
  staircaseInverseSqrt,
  warmupCosine,
} from '@evenkeel/optim';
import { expectClose, goldenCases } from '@evenkeel/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from '../../fixtures/d3_lr_schedules.json' with { type: 'json' };

type Hyper =
  | { kind: 'lmc_get_lr'; min_lr: number; max_lr: number; warmup_steps: number; max_steps: number }
  | {
      kind: 'nanogpt_get_lr';
      learning_rate: number;
      min_lr: number;
      warmup_iters: number;
      lr_decay_iters: number;
    }
  | { kind: 'modula_get_lr'; lr: number; steps: number; schedule: 'linear' | 'cosine' | 'sqrt' | 'none' }
  | { kind: 'spectral_cap_get_lr'; num_iterations: number; cooldown_frac: number };

const cases = goldenCases<{ steps: number[] }, Hyper, { lr: number[] }>(golden);

/** The published schedules, in our words. */
function scheduleOf(hyper: Hyper): Schedule {
  switch (hyper.kind) {
    case 'lmc_get_lr': {
      const { min_lr, max_lr, warmup_steps, max_steps } = hyper;
      return warmupCosine({
        peak: max_lr,
        start: min_lr,
        floor: min_lr,
        warmupSteps: warmup_steps,
        totalSteps: max_steps,
      });
    }
    case 'nanogpt_get_lr': {
      const { learning_rate: peak, min_lr, warmup_iters, lr_decay_iters } = hyper;
      const start = peak / (warmup_iters + 1);
      return warmupCosine({
        peak,
        start,
        floor: min_lr,
        warmupSteps: warmup_iters,
        totalSteps: lr_decay_iters,
      });
    }
    case 'modula_get_lr': {
      const { lr: peak, steps: totalSteps } = hyper;
      return {
        linear: linear({ peak, totalSteps }),
        cosine: warmupCosine({ peak, totalSteps }),
        sqrt: staircaseInverseSqrt({ peak }),
        none: constant(peak),
      }[hyper.schedule];
    }
    case 'spectral_cap_get_lr': {
      const { num_iterations: totalSteps, cooldown_frac } = hyper;
      return linear({
        peak: 1,
        floor: 0.1,
        holdSteps: Math.round(totalSteps * (1 - cooldown_frac)),
        totalSteps,
      });
    }
  }
}

describe('schedules', () => {
  it.each(cases)('follow the published code: $name', ({ inputs, hyper, expected, tolerance }) => {
    expectClose(inputs.steps.map(scheduleOf(hyper)), expected.lr, {
      ...tolerance('lr'),
      rtol: 1e-12,
      atol: 1e-17,
    });
  });

  const numbers = fc.record({
    peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    startShare: fc.double({ min: 0, max: 1, noNaN: true }),
    floorShare: fc.double({ min: 0, max: 1, noNaN: true }),
    warmupSteps: fc.integer({ min: 0, max: 50 }),
    holdSteps: fc.integer({ min: 0, max: 50 }),
    fallSteps: fc.integer({ min: 1, max: 100 }),
  });

  it.each([warmupCosine, linear])(
    '%o climbs to its peak, never leaves [min, peak] and ends at the floor',
    (schedule) => {
      fc.assert(
        fc.property(numbers, ({ peak, startShare, floorShare, warmupSteps, holdSteps, fallSteps }) => {
          const [start, floor] = [peak * startShare, peak * floorShare];
          const totalSteps = warmupSteps + holdSteps + fallSteps;
          const rate = schedule({ peak, start, floor, warmupSteps, holdSteps, totalSteps });
          const rates = Array.from({ length: totalSteps + 10 }, (_, k) => rate(k));

          expect(rates[0]).toBe(warmupSteps > 0 ? start : peak);
          for (let k = warmupSteps; k <= warmupSteps + holdSteps; k++) expect(rates[k]).toBe(peak);
          for (const k of [0, 1, 9]) expect(rates[totalSteps + k]).toBe(floor);
          expect(Math.max(...rates)).toBe(peak);
          expect(Math.min(...rates)).toBeGreaterThanOrEqual(Math.min(start, floor) * (1 - 1e-12));
        }),
      );
    },
  );

  it('inverseSqrt is peak √(warmupSteps / k) after the warm-up', () => {
    const rate = inverseSqrt({ peak: 0.1, warmupSteps: 100 });
    expect(rate(50)).toBeCloseTo(0.05, 12);
    for (const k of [100, 400, 10_000]) expect(rate(k)).toBeCloseTo(0.1 * Math.sqrt(100 / k), 12);
  });

  it('inverseSqrt falls to peak / √2 in one timescale', () => {
    expect(inverseSqrt({ peak: 1, timescale: 30 })(30)).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it('a warm-up that is the whole schedule ends at the floor', () => {
    const rate = linear({ peak: 1, warmupSteps: 10, totalSteps: 10, floor: 0.25 });
    expect([rate(9), rate(10)]).toEqual([0.9, 0.25]);
  });

  it.each([
    [() => constant(Number.NaN), 'constant: rate is NaN'],
    [() => linear({ peak: -1, totalSteps: 10 }), 'linear: peak is -1, expected a number ≥ 0'],
    [() => warmupCosine({ peak: 1, totalSteps: Number.NaN }), 'warmupCosine: totalSteps is NaN'],
    [
      () => warmupCosine({ peak: 1, warmupSteps: 20, totalSteps: 10 }),
      'warmupCosine: totalSteps is 10, expected at least warmupSteps + holdSteps = 20.',
    ],
    [() => warmupCosine({ peak: 1, totalSteps: 10, floor: Number.NaN }), 'warmupCosine: floor is NaN'],
    [() => inverseSqrt({ peak: 1, timescale: 0 }), 'inverseSqrt: timescale is 0, expected a number > 0'],
    [() => staircaseInverseSqrt({ peak: 1, stairSteps: -1 }), 'staircaseInverseSqrt: stairSteps is -1'],
  ])('refuse numbers that make no sense: %o', (make, message) => {
    expect(make).toThrow(message);
  });
});
