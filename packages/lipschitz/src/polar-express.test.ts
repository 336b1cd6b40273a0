import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import { describe, expect, it } from 'vitest';
import polarExpressReference from '../fixtures/p1_polar_express.json' with { type: 'json' };
import { singularValues, toTensor } from '../test/tensors.js';
import { orthogonalize, polarExpress, type Quintic } from './index.js';
import { largestValueOf, newtonSchulz } from './newton-schulz.js';

interface Hyper {
  l?: number;
  num_iters?: number;
  safety_factor_eps?: number;
  cushion?: number;
  variant?: 'nanochat' | 'paper' | 'dion';
  step_counts: number[];
  factor: number;
  eps: number;
  coefficients?: Quintic[];
}
interface Expected {
  coefficients?: GoldenTensor;
  intervals?: GoldenTensor;
  mapped?: GoldenTensor;
  steps?: GoldenTensor[];
}
const cases = goldenCases<{ G?: GoldenTensor; singular_values?: GoldenTensor }, Hyper, Expected>(
  polarExpressReference,
);
const rows = ({ data, shape }: GoldenTensor): number[][] =>
  Array.from(
    { length: shape[0] },
    (_, i) => Array.from(data).slice(i * shape[1], (i + 1) * shape[1]) as number[],
  );

const mapped = (s: number, quintics: readonly Quintic[]) =>
  quintics.reduce((x, [a, b, c]) => x * (a + x * x * (b + x * x * c)), s);

describe('polarExpress', () => {
  const lists = cases.filter(({ expected }) => expected.coefficients);
  it.each(lists)('gives the published coefficients: $name', ({ hyper, expected, tolerance }) => {
    const quintics = polarExpress({
      leastValue: hyper.l,
      steps: hyper.num_iters,
      safety: hyper.safety_factor_eps,
      cushion: hyper.cushion,
    });
    const near = (got: number, want: number, { rtol, atol }: { rtol: number; atol: number }) =>
      expect(Math.abs(got - want)).toBeLessThanOrEqual(rtol * Math.abs(want) + atol);
    rows(expected.coefficients!).forEach((triple, i) => {
      for (const k of [0, 1, 2]) near(quintics[i][k], triple[k], tolerance('coefficients'));
    });
    // The intervals are not ill-conditioned, as late coefficients are.
    let low = hyper.l!;
    rows(expected.intervals!).forEach(([l, u], i) => {
      low = Math.min(mapped(low, [quintics[i]]), 1);
      near(low, l, { rtol: 1e-9, atol: 1e-12 });
      near(2 - low, u, { rtol: 1e-9, atol: 1e-12 });
    });
  });

  const QUINTICS = {
    nanochat: polarExpress(),
    dion: polarExpress(),
    paper: polarExpress({ steps: 10, safety: 0.01 }),
  };
  const maps = cases.filter(({ expected }) => expected.mapped);
  it.each(maps)('maps singular values as published: $name', ({ inputs, hyper, expected }) => {
    const all = QUINTICS[hyper.variant!];
    hyper.step_counts.forEach((count, i) => {
      const quintics = Array.from({ length: count }, (_, k) => all[Math.min(k, all.length - 1)]);
      Array.from(inputs.singular_values!.data as number[]).forEach((s, k) => {
        expect(Math.abs(mapped(s, quintics) - rows(expected.mapped!)[i][k])).toBeLessThanOrEqual(1e-7);
      });
    });
  });

  it('goes on with the limit once it has converged, where the published routine fails', () => {
    for (const leastValue of [1e-3, 0.05, 0.5, 0.999]) {
      for (const safety of [0, 0.01]) {
        const quintics = polarExpress({ leastValue, steps: 20, safety, cushion: 0 });
        expect(quintics.flat().every(Number.isFinite)).toBe(true);
        expect(Math.abs(mapped(leastValue, quintics) - 1)).toBeLessThan(0.02);
      }
    }
  });

  it('says what it takes', () => {
    expect(() => polarExpress({ leastValue: 0 })).toThrow('polarExpress: leastValue is 0');
    expect(() => polarExpress({ steps: 0 })).toThrow('polarExpress: steps is 0');
  });
});

describe('the largest value that a schedule makes', () => {
  it.each([
    ['sixStep', 1.0003],
    ['fiveStep', 1.15],
    ['kellerJordan', 1.2036],
    ['polarExpress', 1.1425],
  ] as const)(
    '%s: no less than any float64 value, and no more than 0.2 %% above the largest',
    (name, expected) => {
      for (const steps of [undefined, 1, 3, 5, 9]) {
        const schedule = newtonSchulz('test', name, steps);
        const bound = largestValueOf(schedule);
        let largest = 0;
        for (let s = 1 / schedule.factor; s > 1e-9; s *= 0.9998) {
          largest = Math.max(largest, mapped(s, schedule.quintics));
        }
        expect(largest).toBeLessThanOrEqual(bound);
        expect(largest).toBeGreaterThan(bound * 0.998);
        if (steps === undefined) expect(bound).toBeCloseTo(expected, 2);
      }
    },
  );
});

describeOnBackends('orthogonalize with Polar Express', () => {
  const matrices = cases.filter(({ expected }) => expected.steps);
  it.each(matrices)('matches the reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    hyper.step_counts.forEach((steps, i) => {
      // nanochat's by its name, with the factor of dion where that differs.
      const isNamed = hyper.variant === 'nanochat' && hyper.factor === 1.01;
      const coefficients = isNamed
        ? ('polarExpress' as const)
        : { quintics: hyper.coefficients!, factor: hyper.factor, epsilon: hyper.eps };
      const result = orthogonalize(toTensor(inputs.G!), { coefficients, steps });
      expectClose(result, expected.steps![i].data, tolerance('steps'));
    });
  });

  it('overshoots 1 by up to 14.1 %, and no further', () => {
    const found = [0.05, 0.3, 0.9].flatMap((ratio) => {
      const matrix = toTensor({
        shape: [6, 6],
        data: Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? ratio ** (i / 7) : 0)),
        dtype: 'float32',
      });
      return singularValues(orthogonalize(matrix, { coefficients: 'polarExpress' }));
    });
    expect(Math.max(...found)).toBeGreaterThan(1.05);
    expect(Math.max(...found)).toBeLessThanOrEqual(1.1425);
  });
});
