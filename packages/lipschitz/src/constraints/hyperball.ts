import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { euclideanNorm, withNorm } from '../euclidean-norm.js';
import type { MatrixConstraint } from './matrix-constraint.js';

export interface HyperballOptions {
  /** R: the length that each weight has after a step, > 0. Default: the length it had before the step. */
  radius?: number;
}

/**
 * Keeps the length of each weight, so that a step can only turn it.
 *
 *     W ← R W / ‖W‖_F
 *
 * Behind `normalizeUpdates({ norm: η R })` every step turns a weight by the same angle, about η: the learning rate is then
 * an angle, and weight decay has nothing to do. A weight that is exactly zero stays so.
 *
 * @throws If the radius is out of range.
 * @see Wen et al., "Fantastic pretraining optimizers and where to find them 2", 2025 (Hyperball).
 */
export function hyperball(options: HyperballOptions = {}): MatrixConstraint {
  checkOptions('hyperball', options, OPTIONS);
  const { radius } = options;
  const range = { above: 0, below: Infinity, typical: 1 };
  if (radius !== undefined) checkNumber('hyperball', 'radius', radius, range);
  return (value, param) => {
    if (value.size === 0 || (radius === undefined && !param)) return value;
    return tidy(() => withNorm(value, radius ?? euclideanNorm(param as Tensor)));
  };
}

const OPTIONS: Record<keyof HyperballOptions, true> = { radius: true };
