import {
  abs,
  div,
  equal,
  max,
  mean,
  minimum,
  mul,
  reshape,
  sqrt,
  square,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';

/** The RMS of each token: over the last axis, which stays with length 1. */
export const tokenRms = (x: Tensor): Tensor => sqrt(mean(square(x), -1, true));

/**
 * The mean square of each token. `[batch, tokens]`, with one token for an example of a single vector.
 *
 * @param x `[batch, features]` or `[batch, ..., features]`, where the axes between count tokens.
 */
export const tokenSquares = (x: Tensor): Tensor => reshape(mean(square(x), -1), [x.shape[0], -1]);

/** `x` with every token scaled to that RMS; tokens that are zero stay zero. */
export function toRms(x: Tensor, rms: number): Tensor {
  // Scaled by its largest entry first, so that gradients of 10⁻²⁵ and of 10²⁵ have a length in float32.
  const unit = div<Tensor>(x, oneIfZero(max(abs(x), -1, true)));
  return mul(unit, div(rms, oneIfZero(tokenRms(unit))));
}

/** `x` with every token of more than that RMS scaled back to it. */
export function clipRms(x: Tensor, rms: number): Tensor {
  return mul(x, minimum(1, div(rms, oneIfZero(tokenRms(x)))));
}

const oneIfZero = (x: Tensor): Tensor => where(equal(x, 0), 1, x);
