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
  const schedule = typeof learningRate === 'function' ? learningRate : constant(learningRate);
  const rateAt = (count: number) =>
    checkNumber('scaleByLearningRate', `the learning rate at step ${count}`, schedule(count), {
      atLeast: 0,
      below: Infinity,
      typical: 1e-3,
    });
  return {
    ...stateless('scaleByLearningRate', (g, _param, count) => mul(g, -rateAt(count))),
    learningRate: (_param, count) => rateAt(count),
  };
}
