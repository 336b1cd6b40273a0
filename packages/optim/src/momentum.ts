import { checkOptions } from '@evenkeel/ops';
import { add, mul } from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { perParam } from './per-param.js';
import { withoutStep } from './steps-made.js';
import type { Transform } from './transform.js';

export interface MomentumOptions {
  /** Look ahead by one step: u = g + μ b instead of u = b. Default false. */
  nesterov?: boolean;
}

/**
 * Replaces each update by a decaying sum of all updates so far. (Heavy ball)
 *
 *     b ← μ b + g
 *     u = b                 or, with `nesterov`,  u = g + μ b
 *
 * A sum, not an average: with μ = 0.9 steps grow tenfold, as in PyTorch and `tf.train.momentum`.
 *
 * @param decay How much of the sum survives a step (μ), in [0, 1).
 * @throws If `decay` is out of range.
 */
export function momentum(decay: number, options: MomentumOptions = {}): Transform {
  checkOptions('momentum', options, OPTIONS);
  const { nesterov = false } = options;
  checkNumber('momentum', 'decay', decay, { atLeast: 0, below: 1, typical: 0.9 });
  const rule = perParam('momentum', ['sum'], (g, slots) => {
    const sum = add(mul(slots.sum, decay), g);
    return [nesterov ? add(g, mul(sum, decay)) : sum, { sum }];
  });
  return withoutStep(rule);
}

const OPTIONS: Record<keyof MomentumOptions, true> = { nesterov: true };
