import type { Variable } from '@tensorflow/tfjs-core';
import type { Select } from './transform.js';

/**
 * Parameters with two or more axes: weights, embeddings and kernels of any convolution, but no biases and no gains. Muon and the
 * spectral caps of @evenkeel/lipschitz take just these.
 */
export const isMatrix: Select = (param) => param.shape.length >= 2;

/**
 * Parameters whose name matches.
 *
 * @param pattern A regular expression, or a part of the name: `named('embed')`, `named(/bias$/)`.
 */
export function named(pattern: RegExp | string): Select {
  if (typeof pattern === 'string') return ({ name }) => name.includes(pattern);
  if (pattern instanceof RegExp) return ({ name }) => name.search(pattern) >= 0; // `test` would advance a /g pattern
  throw new Error(
    `named: the pattern is ${String(pattern)}, expected a string or a regular expression. Try named(/embed/).`,
  );
}

/** Parameters that `select` leaves out. */
export function not(select: Select): Select {
  return (param: Variable) => !select(param);
}

/** Parameters that every one of `selects` picks. */
export function both(...selects: readonly Select[]): Select {
  return (param: Variable) => selects.every((select) => select(param));
}
