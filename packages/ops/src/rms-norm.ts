import { add, mean, mul, rsqrt, square, sub, type Tensor, util } from '@tensorflow/tfjs-core';
import { checkOptions } from './check-options.js';
import { columnSums } from './column-sums.js';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { requirePerFeature } from './require-per-feature.js';
import { rows } from './rows.js';
import { scaledRows } from './scaled-rows.js';
import { withGradient } from './with-gradient.js';

export interface RmsNormOptions {
  /** Added to the mean square, ≥ 0. Default 1e-6. */
  epsilon?: number;
}

/**
 * Scales each vector to root mean square 1, then by a learned gain.
 *
 *     y = x / √(mean(x²) + ε) · gain          mean over the last axis
 *
 * Gemma stores its gain minus 1: pass `tf.add(gain, 1)`.
 *
 * @param x Shape `[..., features]`, float32.
 * @param gain Shape `[features]`, optional.
 * @returns The shape of `x`.
 * @throws If shapes, dtypes or `epsilon` do not fit.
 * @see Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. https://arxiv.org/abs/1910.07467
 */
export function rmsNorm(x: Tensor, gain?: Tensor, options: RmsNormOptions = {}): Tensor {
  checkOptions('rmsNorm', options, OPTIONS);
  const { epsilon = 1e-6 } = options;
  requirePerFeature('rmsNorm', x, { gain });
  requireFloat('rmsNorm', { x, gain });
  util.assert(
    epsilon >= 0,
    () => `rmsNorm: epsilon is ${epsilon}, expected a number ≥ 0. Use the one of the model, typically 1e-6.`,
  );
  const inputs = gain ? [x, gain] : [x];
  if (x.size === 0) return overNothing(inputs, x.shape);
  return withGradient(
    inputs,
    () => {
      const definition = () => {
        const { unit } = standardized(x, epsilon);
        return [gain ? mul<Tensor>(unit, gain) : unit];
      };
      const [value, ...statistics] = gain
        ? kernelOr(KERNELS.rmsNorm, { x, gain }, { epsilon }, definition)
        : definition();
      return { value, save: gain ? [x, gain, ...statistics] : [x] };
    },
    (dy, [x, gain, means, scales]) => {
      const definition = () => gradients(dy, x, gain, epsilon);
      const all = scales
        ? kernelOr(KERNELS.rmsNormGrad, { dy, x, gain, means, scales }, {}, definition)
        : definition();
      return all.slice(0, gain ? 2 : 1);
    },
  );
}

function standardized(x: Tensor, epsilon: number): { unit: Tensor; inverseRms: Tensor } {
  const { scaled, scale, scaledEpsilon } = scaledRows(x, epsilon);
  const inverse = rsqrt(add<Tensor>(mean(square(scaled), -1, true), scaledEpsilon));
  return { unit: mul(scaled, inverse), inverseRms: mul(inverse, scale) };
}

/** With g = dy · gain, r = 1 / √(mean(x²) + ε) and u = r x: dx = r (g − u mean(g u)). */
function gradients(dy: Tensor, x: Tensor, gain: Tensor | undefined, epsilon: number): Tensor[] {
  const { unit, inverseRms: r } = standardized(x, epsilon);
  const g = gain ? mul<Tensor>(dy, gain) : dy;
  const dx = mul<Tensor>(sub(g, mul(unit, mean(mul(g, unit), -1, true))), r);
  return [dx, columnSums(rows(mul(dy, unit)))];
}

const OPTIONS: Record<keyof RmsNormOptions, true> = { epsilon: true };
