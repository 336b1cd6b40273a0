import { expect, it } from 'vitest';
import { plateau } from './plateau.js';

/** The rate after each value. */
const rates = (schedule: ReturnType<typeof plateau>, values: readonly number[]) =>
  values.map((value) => {
    schedule.observe(value);
    return schedule(0);
  });

it('falls once more than `patience` values in a row were not better', () => {
  const schedule = plateau({ learningRate: 1, factor: 0.5, patience: 2 });
  expect(rates(schedule, [4, 3, 3, 3, 3, 2, 2, Number.NaN, 2])).toEqual([
    1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25,
  ]);
});

it('does not count small gains, waits after a fall, and stops at the floor', () => {
  const small = plateau({ learningRate: 1, factor: 0.5, patience: 0, threshold: 0.1 });
  expect(rates(small, [10, 9.5, 8.9])).toEqual([1, 0.5, 0.5]);
  const waiting = plateau({ learningRate: 1, factor: 0.5, patience: 0, cooldown: 2, floor: 0.4 });
  expect(rates(waiting, [1, 1, 1, 1, 1, 1])).toEqual([1, 0.5, 0.5, 0.5, 0.4, 0.4]);
});

it('goes on from a saved state, and is never at its best with NaN', () => {
  const [whole, resumed] = [0, 1].map(() => plateau({ learningRate: 1, factor: 0.5, patience: 1 }));
  rates(whole, [Number.NaN, 3, 3]);
  resumed.state = JSON.parse(JSON.stringify(whole.state));
  expect(rates(resumed, [3, 2, 2, 2])).toEqual(rates(whole, [3, 2, 2, 2]));
  expect(whole.state.best).toBe(2);
});

it('refuses what makes no sense', () => {
  expect(() => plateau({ learningRate: 1, factor: 1 })).toThrow(
    'plateau: factor is 1, expected a number > 0 and < 1.',
  );
  expect(() => plateau({ learningRate: 1, patients: 3 } as never)).toThrow("Did you mean 'patience'?");
});
