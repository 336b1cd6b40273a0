import { layerNorm, rmsNorm } from '@evenkeel/ops';
import { add, type Tensor, tanh } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from './config.js';

/**
 * Brings each position's vector to one scale, as the config chooses.
 *
 *     layerNorm         (x − μ) / √(σ² + ε) · gain + bias
 *     rmsNorm           x / √(mean(x²) + ε) · gain
 *     rmsNormPlusOne    x / √(mean(x²) + ε) · (1 + gain)
 *     tanh              tanh(x)
 *     none              x
 */
export function normalize(
  x: Tensor,
  { norm, normEpsilon: epsilon }: ResolvedConfig,
  gain?: Tensor,
  bias?: Tensor,
): Tensor {
  switch (norm) {
    case 'layerNorm':
      return layerNorm(x, gain, bias, { epsilon });
    case 'rmsNorm':
      return rmsNorm(x, gain, { epsilon });
    case 'rmsNormPlusOne':
      return rmsNorm(x, gain && add(gain, 1), { epsilon });
    case 'tanh':
      return tanh(x);
    case 'none':
      return x;
  }
}
