import type { LiveRun } from '@evenkeel/trainer';
import { describe, expect, it } from 'vitest';
import { warnWhenRising } from './warn-when-rising.js';

function warnings(losses: readonly (number | undefined)[]): object[] {
  const emitted: object[] = [];
  const callback = warnWhenRising('runs/a', {
    json: true,
    say: () => {},
    emit: (event) => emitted.push(event),
  });
  losses.forEach((validationLoss, i) => {
    callback.onEvaluate!({ validationLoss } as Record<string, number>, { step: i + 1 } as LiveRun);
  });
  return emitted;
}

describe('warnWhenRising', () => {
  it('says once that the loss has risen for long, and where the best is', () => {
    const [warning, ...more] = warnings([3, 2, 2.5, 2.5, 2.5, 2.5, 2.6, 2.7, 2.8, 2.9]);
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ event: 'warning', step: 7 });
    expect(JSON.stringify(warning)).toMatch(/2\.600; it was 2\.000 at step 2.*runs\/a --checkpoint best/);
  });

  it('says nothing of noise, of a loss that falls again, or of runs without validation', () => {
    expect(warnings([2, 2.01, 2.01, 2.01, 2.01, 2.01, 2.01])).toEqual([]);
    expect(warnings([2, 2.5, 2.5, 2.5, 2.5, 1.9, 2.5, 2.5, 2.5, 2.5])).toEqual([]);
    expect(warnings(new Array(10).fill(undefined))).toEqual([]);
  });
});
