import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import {
  abs,
  div,
  less,
  max,
  maximum,
  mean,
  mul,
  sqrt,
  square,
  type Tensor,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import { SMALLEST_NORMAL } from '../unit.js';
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
 * Keeps the RMS of each token's vector at or below a cap, to float32 rounding.
 *
 *     e ← e / max(1 / maxInflation, rms(e) / maxNorm)
 *
 * With `maxInflation` above 1 small vectors grow to the cap too, by at most that factor: Modula's embedding, whose
 * tokens all have RMS 1. It is also a head's row norm, [vocabulary, width]. Weights of any rank from 2 on are tables, or
 * batches of them, [..., vocabulary, width]. Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range.
 * @see Newhouse et al. 2025, section 3: embedding columns of RMS norm 1.
 */
export function embeddingNormCap(options: EmbeddingNormCapOptions = {}): MatrixConstraint {
  checkOptions('embeddingNormCap', options, OPTIONS);
  const { maxNorm = 1, maxInflation = 1, axis = -1 } = options;
  const caller = 'embeddingNormCap';
  checkNumber(caller, 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
  checkNumber(caller, 'maxInflation', maxInflation, { atLeast: 1, below: Infinity, typical: 1 });
  if (axis !== -1 && axis !== -2) throw new Error(`${caller}: axis is ${axis}, expected -1 or -2.`);
  return (value: Tensor) =>
    value.rank < 2 || value.size === 0
      ? value
      : tidy(() => capped(value, value.rank + axis, maxNorm, maxInflation));
}

const OPTIONS: Record<keyof EmbeddingNormCapOptions, true> = {
  maxNorm: true,
  maxInflation: true,
  axis: true,
};

/** Squares are taken of vectors whose largest entry is 1: entries from 1e-38 to 3e38 have none in float32. */
function capped(value: Tensor, axis: number, maxNorm: number, maxInflation: number): Tensor {
  const peak = maximum(max(abs(value), axis, true), SMALLEST_NORMAL);
  const unit = div<Tensor>(value, peak);
  const size = div(maxNorm, maximum(sqrt(mean(square(unit), axis, true)), SMALLEST_NORMAL));
  const isAbove = less(div(size, peak), maxInflation);
  return where(isAbove, mul(unit, size), mul(value, maxInflation));
}
