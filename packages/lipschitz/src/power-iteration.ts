import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import {
  div,
  matMul,
  maximum,
  mul,
  randomNormal,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor3D,
  tidy,
  tile,
  zeros,
} from '@tensorflow/tfjs-core';
import { matricesOf } from './matrices.js';
import { type UnitMatrices, unitMatrices } from './unit.js';

export interface PowerIterationOptions {
  /** How often the vector is multiplied by the Gram matrix, ≥ 1. Default 16. */
  iterations?: number;
  /** Seeds the vector to start from: the same seed gives the same result. Default 0. */
  seed?: number;
  /** The vector to start from instead, of length min(rows, columns). */
  startVector?: Tensor;
}

/** The largest singular value of each matrix of a batch, with its vectors. */
export interface SingularTriple extends UnitMatrices {
  /** [batch, rows, 1] */
  readonly u: Tensor3D;
  /** Of `unit`, [batch, 1, 1]. */
  readonly sigma: Tensor3D;
  /** [batch, columns, 1] */
  readonly v: Tensor3D;
}

/**
 * Estimates the largest singular value of each matrix, by power iteration.
 *
 *     v ← Aᵀ A v / ‖Aᵀ A v‖  (A Aᵀ where A is wide),     σ = ‖A v‖
 *
 * It approaches σ₁ from below, slowly where σ₂ is close: an estimate, never a bound. Use `spectralNormBound` where a
 * guarantee depends on it.
 *
 * @param matrix A matrix or a batch of them.
 * @returns A scalar, or one number per matrix, [batch]; 0 for a matrix of zeros and for an empty one.
 * @throws If `matrix` has another rank, or an option is out of range.
 */
export function spectralNormEstimate(matrix: Tensor, options: PowerIterationOptions = {}): Tensor {
  checkOptions('spectralNormEstimate', options, OPTIONS);
  return tidy(() => {
    const shape = matrix.rank === 2 ? [] : matrix.shape.slice(0, 1);
    if (matrix.size === 0) return zeros(shape);
    const { matrices } = matricesOf('spectralNormEstimate', matrix);
    const { sigma, peak } = powerIteration('spectralNormEstimate', matrices, options);
    return reshape(mul(sigma, peak), shape);
  });
}

const OPTIONS: Record<keyof PowerIterationOptions, true> = {
  iterations: true,
  seed: true,
  startVector: true,
};

/** Power iteration on a batch that is not empty. Inside a tidy only. */
export function powerIteration(
  where: string,
  matrices: Tensor3D,
  { iterations = 16, seed = 0, startVector }: PowerIterationOptions,
): SingularTriple {
  checkNumber(where, 'iterations', iterations, { atLeast: 1, integer: true, typical: 16 });
  const [batch, rows, columns] = matrices.shape;
  const isTall = rows >= columns;
  const length = Math.min(rows, columns);
  if (startVector && startVector.size !== length) {
    throw new Error(
      `${where}: startVector has shape [${startVector.shape}], expected ${length} entries, ` +
        `the shorter side of a matrix of shape [${rows}, ${columns}].`,
    );
  }
  const start = startVector ?? randomNormal([length], 0, 1, 'float32', seed + 1); // tfjs takes 0 for no seed
  let vector = unit(tile(reshape(start, [1, length, 1]), [batch, 1, 1]));
  const { unit: scaled, peak } = unitMatrices(matrices);
  const through = (x: Tensor3D, transposed: boolean) => matMul(scaled, x, transposed) as Tensor3D;
  for (let i = 0; i < iterations; i++) {
    vector = unit(isTall ? through(through(vector, false), true) : through(through(vector, true), false));
  }
  const image = through(vector, !isTall);
  const sigma = norm(image);
  const other = unit(image);
  const vectors = isTall ? { u: other, v: vector } : { u: vector, v: other };
  return { ...vectors, sigma, unit: scaled, peak };
}

const norm = (x: Tensor3D): Tensor3D => sqrt(sum<Tensor3D>(square(x), 1, true));
const unit = (x: Tensor3D): Tensor3D => div<Tensor3D>(x, maximum(norm(x), 1e-30));
