import { checkNumber, type NumberRange } from './check-number.js';
import { constant } from './schedules/constant.js';
import type { Schedule } from './schedules/schedule.js';

const LEARNING_RATE: NumberRange = { atLeast: 0, below: Infinity, typical: 1e-3 };

/**
 * Makes a schedule of a hyper-parameter that is a number or a schedule already. A number is checked now, what a schedule gives at
 * each step.
 *
 * @param where The function that was called, for the error.
 * @param name The option's name, for the error.
 * @param range What the number may be. Default: what a learning rate may be.
 * @throws If the number is out of range; the schedule that is returned, at the step where it is.
 */
export function checkedSchedule(
  where: string,
  name: string,
  value: number | Schedule,
  range: NumberRange = LEARNING_RATE,
): Schedule {
  if (typeof value !== 'function') return constant(checkNumber(where, name, value, range));
  return (count) => checkNumber(where, `${name} at step ${count}`, value(count), range);
}
