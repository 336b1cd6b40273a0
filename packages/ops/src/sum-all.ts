import { type Scalar, scalar, sum, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The sum of all entries, one axis after the other.
 *
 * A single float32 sum over a large tensor loses what is small against the total: 40 million equal
 * entries stop adding up at 2²⁴. Here no single sum is longer than an axis.
 */
export function sumAll(x: Tensor): Scalar {
  if (x.size === 0) return scalar(0); // tfjs 4.22 on wasm returns uninitialised memory
  let partial = x;
  while (partial.rank > 1) partial = sum(partial, -1);
  return sum(partial);
}
