import { checkNumber } from '@evenkeel/optim';
import { div, maximum, mean, sqrt, square, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { MatrixConstraint } from './matrix-constraint.js';

export interface EmbeddingNormCapOptions {
  /** The largest RMS of a token's vector, √(mean of squares), > 0. Default 1. */
  maxNorm?: number;
  /** How much a smaller vector may grow towards the cap in one step, ≥ 1. Default 1: it never grows. */
  maxInflation?: number;
  /** The axis along a token's vector: −1 for [vocabulary, width], −2 for Modula's [width, vocabulary]. Default −1. */
  axis?: -1 | -2;
}

/**
 * Keeps the RMS of each token's vector at or below a cap.
 *
 *     e ← e / max(1 / maxInflation, rms(e) / maxNorm)
 *
 * With `maxInflation` above 1 small vectors grow to the cap too, by at most that factor: Modula's embedding, whose
 * tokens all have RMS 1. It is also a head's row norm, [vocabulary, width]. Anything but a matrix passes unchanged.
 *
 * @throws If an option is out of range.
 * @see Newhouse et al. 2025, section 3: embedding columns of RMS norm 1.
 */
export function embeddingNormCap({
  maxNorm = 1,
  maxInflation = 1,
  axis = -1,
}: EmbeddingNormCapOptions = {}): MatrixConstraint {
  const where = 'embeddingNormCap';
  checkNumber(where, 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
  checkNumber(where, 'maxInflation', maxInflation, { atLeast: 1, below: Infinity, typical: 1 });
  if (axis !== -1 && axis !== -2) throw new Error(`${where}: axis is ${axis}, expected -1 or -2.`);
  return (value: Tensor) =>
    value.rank !== 2
      ? value
      : tidy(() => {
          const rms = sqrt(mean(square(value), value.rank + axis, true));
          return div(value, maximum(div(rms, maxNorm), 1 / maxInflation));
        });
}
