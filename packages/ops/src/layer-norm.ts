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

export interface LayerNormOptions {
  /** Added to the variance, ≥ 0. Default 1e-5. */
  epsilon?: number;
}

/**
 * Shifts and scales each vector to mean 0 and variance 1, then by a learned gain and bias.
 *
 *     y = (x − μ) / √(σ² + ε) · gain + bias          μ, σ² over the last axis, σ² biased
 *
 * @param x Shape `[..., features]`, float32.
 * @param gain Shape `[features]`, optional.
 * @param bias Shape `[features]`, optional.
 * @returns The shape of `x`.
 * @throws If shapes, dtypes or `epsilon` do not fit.
 * @see Ba et al., "Layer Normalization", 2016. https://arxiv.org/abs/1607.06450
 */
export function layerNorm(x: Tensor, gain?: Tensor, bias?: Tensor, options: LayerNormOptions = {}): Tensor {
  checkOptions('layerNorm', options, OPTIONS);
  const { epsilon = 1e-5 } = options;
  requirePerFeature('layerNorm', x, { gain, bias });
  requireFloat('layerNorm', { x, gain, bias });
  util.assert(
    epsilon >= 0,
    () =>
      `layerNorm: epsilon is ${epsilon}, expected a number ≥ 0. Use the one of the model, typically 1e-5.`,
  );
  const inputs = [x, gain, bias].filter((tensor) => tensor !== undefined);
  if (x.size === 0) return overNothing(inputs, x.shape);
  return withGradient(
    inputs,
    () => {
      const definition = () => {
        const unit = standardized(x, epsilon).unit;
        const scaled = gain ? mul(unit, gain) : unit;
        return [bias ? add<Tensor>(scaled, bias) : scaled];
      };
      const [value, ...statistics] = gain
        ? kernelOr(KERNELS.layerNorm, { x, gain, bias }, { epsilon }, definition)
        : definition();
      return { value, save: gain ? [x, gain, ...statistics] : [x] };
    },
    (dy, [x, gain, means, scales]) => {
      const definition = () => gradients(dy, x, gain, epsilon);
      const [dx, dGain, dBias] = scales
        ? kernelOr(KERNELS.layerNormGrad, { dy, x, gain, means, scales }, {}, definition)
        : definition();
      return [dx, ...(gain ? [dGain] : []), ...(bias ? [dBias] : [])];
    },
  );
}

function standardized(x: Tensor, epsilon: number): { unit: Tensor; inverseDeviation: Tensor } {
  const { scaled, scale, scaledEpsilon } = scaledRows(x, epsilon);
  const centred = sub(scaled, mean(scaled, -1, true));
  const inverse = rsqrt(add<Tensor>(mean(square(centred), -1, true), scaledEpsilon));
  return { unit: mul(centred, inverse), inverseDeviation: mul(inverse, scale) };
}

/** With g = dy · gain and u the standardised x: dx = (g − mean(g) − u mean(g u)) / √(σ² + ε). */
function gradients(dy: Tensor, x: Tensor, gain: Tensor | undefined, epsilon: number): Tensor[] {
  const { unit, inverseDeviation } = standardized(x, epsilon);
  const g = gain ? mul<Tensor>(dy, gain) : dy;
  const along = mul(unit, mean(mul(g, unit), -1, true));
  const dx = mul<Tensor>(sub(sub(g, mean(g, -1, true)), along), inverseDeviation);
  return [dx, columnSums(rows(mul(dy, unit))), columnSums(rows(dy))];
}

const OPTIONS: Record<keyof LayerNormOptions, true> = { epsilon: true };
