import { checkOptions } from '@evenkeel/ops';
import { mul } from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { CLIP_OPTIONS, type ClipOptions } from './clip-by-global-norm.js';
import { clipFactor } from './clip-factor.js';
import { checkOrder } from './norm.js';
import { stateless } from './per-param.js';
import { withoutStep } from './steps-made.js';
import type { Transform } from './transform.js';

/**
 * Scales each update by itself when its own norm is too large.
 *
 *     u = g · min(1, maxNorm / (‖g‖ + 10⁻⁶))
 *
 * Changes the direction of the step as a whole, unlike {@link clipByGlobalNorm}.
 *
 * @param maxNorm The largest norm that passes, > 0; Infinity never clips.
 * @throws If `maxNorm` or `ord` is out of range.
 */
export function clipByParamNorm(maxNorm: number, options: ClipOptions = {}): Transform {
  checkOptions('clipByParamNorm', options, CLIP_OPTIONS);
  const { ord = 2 } = options;
  checkNumber('clipByParamNorm', 'maxNorm', maxNorm, { above: 0, typical: 1 });
  checkOrder('clipByParamNorm', ord);
  return withoutStep(stateless('clipByParamNorm', (g) => mul(g, clipFactor([g], maxNorm, ord))));
}
