import { mul } from '@tensorflow/tfjs-core';
import { checkedSchedule } from './checked-schedule.js';
import { stateless } from './per-param.js';
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
  const rateAt = checkedSchedule('scaleByLearningRate', 'learningRate', learningRate);
  return {
    ...stateless('scaleByLearningRate', (g, _param, count) => mul(g, -rateAt(count))),
    learningRate: (_param, count) => rateAt(count),
  };
}
