import { checkOptions } from '@evenkeel/ops';
import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { clipFactor } from './clip-factor.js';
import { checkOrder, type NormOrder } from './norm.js';
import type { Transform } from './transform.js';

export interface ClipOptions {
  /** Which norm: 2 (default), 1 or Infinity. tfjs's `ord`. */
  ord?: NormOrder;
}

/** The names of {@link ClipOptions}. */
export const CLIP_OPTIONS: Record<keyof ClipOptions, true> = { ord: true };

/**
 * Scales all updates together when their common norm is too large. (Gradient clipping)
 *
 *     n = ‖(g₁, g₂, …)‖          u = g · min(1, maxNorm / (n + 10⁻⁶))
 *
 * Keeps the direction of the step. The 10⁻⁶ is PyTorch's (`clip_grad_norm_`). Put it first in a chain.
 * A NaN in any gradient makes every update NaN: it is not hidden.
 *
 * @param maxNorm The largest norm that passes, > 0; Infinity never clips.
 * @throws If `maxNorm` or `ord` is out of range.
 * @see Pascanu et al., "On the difficulty of training recurrent neural networks", 2013.
 */
export function clipByGlobalNorm(maxNorm: number, options: ClipOptions = {}): Transform {
  checkOptions('clipByGlobalNorm', options, CLIP_OPTIONS);
  const { ord = 2 } = options;
  checkNumber('clipByGlobalNorm', 'maxNorm', maxNorm, { above: 0, typical: 1 });
  checkOrder('clipByGlobalNorm', ord);
  return {
    name: 'clipByGlobalNorm',
    stepsMade: () => 0,
    update(updates, state) {
      const names = Object.keys(updates);
      if (names.length === 0) return { updates, state };
      const factor = clipFactor(Object.values(updates), maxNorm, ord);
      const clipped: Record<string, Tensor> = {};
      for (const name of names) clipped[name] = mul(updates[name], factor);
      return { updates: clipped, state };
    },
  };
}
