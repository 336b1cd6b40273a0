import { type DecayOptions, decay } from './decay.js';
import type { Schedule } from './schedule.js';

/**
 * Warms up in a straight line, then falls along half a cosine.
 *
 *     η(k) = start + (peak − start) k / warmupSteps                          k < warmupSteps
 *          = floor + (peak − floor) · ½ (1 + cos π d)                        d = share of the fall behind
 *          = floor                                                           k ≥ totalSteps
 *
 * nanoGPT's schedule is `start: peak / (warmupSteps + 1)`.
 *
 * @throws If a number is out of range or the warm-up is longer than the whole.
 * @see Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, eq. 5.
 */
export function warmupCosine(options: DecayOptions): Schedule {
  return decay('warmupCosine', options, (done) => 0.5 * (1 + Math.cos(Math.PI * done)));
}
