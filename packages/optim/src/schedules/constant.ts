import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';

/**
 * The same rate at every step.
 *
 * @throws If `rate` is negative or not finite.
 */
export function constant(rate: number): Schedule {
  checkNumber('constant', 'rate', rate, { atLeast: 0, below: Infinity, typical: 1e-3 });
  return () => rate;
}
