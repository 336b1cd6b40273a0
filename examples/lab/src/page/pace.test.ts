import { describe, expect, it } from 'vitest';
import { formatDuration, formatSpeed } from './format.js';
import { Pace } from './pace.js';

describe('the pace of a run', () => {
  it('goes by the last ten seconds', () => {
    const pace = new Pace();
    expect([pace.stepsPerSecond, pace.secondsLeft(100)]).toEqual([undefined, undefined]);
    pace.mark(1, 0);
    expect(pace.stepsPerSecond).toBeUndefined();
    pace.mark(5, 2000);
    expect([pace.stepsPerSecond, pace.secondsLeft(25)]).toEqual([2, 10]);
    pace.mark(105, 12_000);
    expect([pace.stepsPerSecond, pace.secondsLeft(205)]).toEqual([10, 10]);
  });

  it('forgets a pause, and does not count a step that is told twice', () => {
    const pace = new Pace();
    pace.mark(1, 0);
    pace.clear();
    pace.mark(1, 60_000);
    pace.mark(1, 61_000);
    expect(pace.stepsPerSecond).toBeUndefined();
    pace.mark(3, 62_000);
    expect(pace.stepsPerSecond).toBe(2);
  });
});

it('is said in words', () => {
  expect([34.6, 3.21, 0.25].map(formatSpeed)).toEqual(['35 steps/s', '3.2 steps/s', '4 s a step']);
  expect([0.4, 25, 200, 3725, 90_000].map(formatDuration)).toEqual([
    'under 1 s',
    '25 s',
    '3 min 20 s',
    '1 h 2 min',
    '25 h',
  ]);
});
