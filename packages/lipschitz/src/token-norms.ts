import {
  abs,
  div,
  equal,
  greaterEqual,
  max,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';

// Each token is divided by its largest entry before it is squared, so that entries of 1e-25 and of 1e25 have a length in float32.

/** The RMS of each token: over the last axis, which stays with length 1. */
export function tokenRms(x: Tensor): Tensor {
  const { unitRms, peak } = unitTokens(x);
  return mul(unitRms, peak);
}

/**
 * The mean square of each token. `[batch, tokens]`, with one token for an example of a single vector.
 *
 * @param x `[batch, features]` or `[batch, ..., features]`, where the axes between count tokens.
 */
export const tokenSquares = (x: Tensor): Tensor => perExample(mean(square(x), -1));

/** The largest RMS of a token of each example, `[batch]`. */
export const largestTokenRms = (x: Tensor): Tensor => max(perExample(tokenRms(x)), 1);

/** `x` with every token scaled to that RMS; tokens that are zero stay zero. */
export function toRms(x: Tensor, rms: number): Tensor {
  const { unit, unitRms } = unitTokens(x);
  return mul(unit, div(rms, oneIfZero(unitRms)));
}

/** `x` with every token of more than that RMS scaled back to it. */
export function clipRms(x: Tensor, rms: number): Tensor {
  const { unit, unitRms, peak } = unitTokens(x);
  const size = div(rms, oneIfZero(unitRms));
  return where(greaterEqual(div(size, peak), 1), x, mul(unit, size));
}

function unitTokens(x: Tensor): { unit: Tensor; unitRms: Tensor; peak: Tensor } {
  const peak = oneIfZero(max(abs(x), -1, true));
  const unit = div<Tensor>(x, peak);
  return { unit, unitRms: sqrt(mean(square(unit), -1, true)), peak };
}

const perExample = (tokens: Tensor): Tensor => reshape(tokens, [tokens.shape[0], -1]);

const oneIfZero = (x: Tensor): Tensor => where(equal(x, 0), 1, x);
