import type { ConstraintStep } from '@evenkeel/optim';
import { type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { type Matrices, type MatrixOptions, matricesOf } from '../matrices.js';

/** A `Constraint` that can also be called on a tensor by itself: `spectralCap({ maxNorm: 1 })(matrix)`. */
export type MatrixConstraint = (value: Tensor, param?: Variable, step?: ConstraintStep) => Tensor;

/**
 * A constraint on every matrix of a weight. Biases, scalars and empty weights pass unchanged.
 *
 * @param where The constraint's name, for errors.
 * @param apply From the matrices of a weight to better ones; runs inside a tidy.
 */
export const onMatrices =
  (
    where: string,
    options: MatrixOptions,
    apply: (weight: Matrices, param?: Variable, step?: ConstraintStep) => Tensor,
  ): MatrixConstraint =>
  (value, param, step) => {
    if (value.rank < 2 || value.size === 0) return value;
    return tidy(() => {
      const weight = matricesOf(where, value, options);
      return weight.restore(apply(weight, param, step));
    });
  };
