import { type DecayOptions, decay } from './decay.js';
import type { Schedule } from './schedule.js';

/**
 * Falls in a straight line, after a warm-up and a plateau if asked for.
 *
 *     η(k) = floor + (peak − floor) (1 − d)          d = share of the fall behind
 *
 * With `holdSteps` it is the trapezoid: warm-up, plateau, cool-down.
 *
 * @throws If a number is out of range or warm-up and plateau are longer than the whole.
 */
export function linear(options: DecayOptions): Schedule {
  return decay('linear', options, (done) => 1 - done);
}
