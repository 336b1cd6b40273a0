import { sumOfSquares } from '@evenkeel/ops';
import { abs, div, max, maximum, mul, sqrt, type Tensor } from '@tensorflow/tfjs-core';
import { SMALLEST_NORMAL } from './unit.js';

/** √Σ x² of all entries, a scalar, for entries from 1e-38 to 3e38. Inside a tidy only. */
export function euclideanNorm(x: Tensor): Tensor {
  const peak = largestEntry(x);
  return mul(lengthOf(div(x, peak)), peak);
}

/** `x` scaled to that norm; zeros stay zero. Inside a tidy only. */
export function withNorm(x: Tensor, norm: Tensor | number): Tensor {
  const unit = div<Tensor>(x, largestEntry(x));
  return mul(unit, div(norm, maximum(lengthOf(unit), 1e-30)));
}

/** max|x|, and never 0. */
export const largestEntry = (x: Tensor): Tensor => maximum(max(abs(x)), SMALLEST_NORMAL);

/** √Σ x² of entries whose squares are float32 numbers. */
export const lengthOf = (x: Tensor): Tensor => sqrt(sumOfSquares(x));
