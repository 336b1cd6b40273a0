import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import { add, div, greaterEqual, maximum, mul, sub, type Tensor, tidy, where } from '@tensorflow/tfjs-core';
import { largestEntry, lengthOf } from '../euclidean-norm.js';
import type { MatrixConstraint } from './matrix-constraint.js';

export interface RadialBrakeOptions {
  /** How much of its growth in length a weight keeps, ≥ 0: 1 is all, 0 none. Default 0.5. */
  outward?: number;
  /** The same for its shrinking. Default 1. */
  inward?: number;
}

/**
 * Slows down how the length of a weight changes, and leaves alone how a step turns it.
 *
 *     a = ‖W‖ before the step,   c = ‖W‖ after it,     W ← W (a + s (c − a)) / c,     s = outward if c > a, else inward
 *
 * With 0 and 0 it keeps the length, as `hyperball()`. What weight decay takes counts as a step; in the published hook,
 * which looks after the decay, it does not.
 *
 * @throws If a number is out of range.
 * @see NVIDIA Emerging-Optimizers, radial brake hook.
 */
export function radialBrake(options: RadialBrakeOptions = {}): MatrixConstraint {
  checkOptions('radialBrake', options, OPTIONS);
  const { outward = 0.5, inward = 1 } = options;
  checkNumber('radialBrake', 'outward', outward, { atLeast: 0, below: Infinity, typical: 0.5 });
  checkNumber('radialBrake', 'inward', inward, { atLeast: 0, below: Infinity, typical: 1 });
  return (value, param) => {
    if (value.size === 0 || !param) return value;
    return tidy(() => {
      // In units of the largest entry of both, since a length can be beyond float32 where no entry is.
      const peak = maximum(largestEntry(param), largestEntry(value));
      const unit = div<Tensor>(value, peak);
      const [before, after] = [lengthOf(div(param, peak)), lengthOf(unit)];
      const change = sub(after, before);
      const share = where(greaterEqual(change, 0), outward, inward);
      const length = add(before, mul(change, share));
      return mul(mul(unit, div(length, maximum(after, 1e-30))), peak);
    });
  };
}

const OPTIONS: Record<keyof RadialBrakeOptions, true> = { outward: true, inward: true };
