import { mul } from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { stateless } from './per-param.js';
import { constant } from './schedules/constant.js';
import type { Schedule } from './schedules/schedule.js';
import type { Transform } from './transform.js';

/**
 * Turns a direction to climb into a step downhill: the last stage of nearly every chain.
 *
 *     u = −η g
 *
 * @param learningRate η ≥ 0, or a {@link Schedule} from steps taken to η.
 * @throws If the rate is out of range, for a schedule at the step where it is.
 */
export function scaleByLearningRate(learningRate: number | Schedule): Transform {
  const rateAt = checkedSchedule('scaleByLearningRate', learningRate);
  return {
    ...stateless('scaleByLearningRate', (g, _param, count) => mul(g, -rateAt(count))),
    learningRate: (_param, count) => rateAt(count),
  };
}

/** A schedule of a number or a schedule, that throws at the step where it returns no learning rate. */
export function checkedSchedule(where: string, learningRate: number | Schedule): Schedule {
  const range = { atLeast: 0, below: Infinity, typical: 1e-3 };
  if (typeof learningRate !== 'function') {
    return constant(checkNumber(where, 'learningRate', learningRate, range));
  }
  return (count) => checkNumber(where, `the learning rate at step ${count}`, learningRate(count), range);
}
