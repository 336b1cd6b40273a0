import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import {
  add,
  clone,
  div,
  maximum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { matricesOf } from './matrices.js';
import {
  type CoefficientsName,
  type NewtonSchulz,
  newtonSchulz,
  type ResolvedNewtonSchulz,
} from './newton-schulz.js';
import { applyQuintic } from './quintic.js';
import { unitMatrices } from './unit.js';

export interface OrthogonalizeOptions {
  /** Which published schedule, or one of your own. Default `'sixStep'`, the only one that never overshoots 1. */
  coefficients?: CoefficientsName | NewtonSchulz;
  /** Steps to take, ≥ 1. Default: as many as the schedule has; more repeat its last one. */
  steps?: number;
  /** Added to the Frobenius norm, ≥ 0. Default the schedule's: 1e-12 for `'sixStep'`, 1e-6 or 1e-7 for the others. */
  epsilon?: number;
}

/**
 * The nearest matrix with all singular values near 1, by Newton–Schulz iteration: no SVD.
 *
 *     X₀ = M / (f ‖M‖_F + ε),     X ← a X + (b A + c A²) X,  A = X Xᵀ,     for M = U Σ Vᵀ about U Vᵀ
 *
 * f is the schedule's `factor`, 1 but for Polar Express. Singular values below about 1e-3 ‖M‖_F stay smaller; those that are 0 stay 0. The norm is taken of M / max|M|, so
 * float32 neither overflows nor underflows on entries from 1e-38 to 1e38.
 *
 * @param matrix A matrix, or a batch of them, [..., rows, columns] of rank 2 or 3.
 * @returns The same shape.
 * @throws If `matrix` has another rank, or an option is out of range.
 * @see Newhouse et al. 2025, appendix; Jordan et al., "Muon", 2024. The JAX reference divides a batch by its length
 *     (Modula's convolution convention); ours treats each matrix alone.
 */
export function orthogonalize(matrix: Tensor, options: OrthogonalizeOptions = {}): Tensor {
  checkOptions('orthogonalize', options, OPTIONS);
  const { coefficients = 'sixStep', steps, epsilon } = options;
  const schedule = newtonSchulz('orthogonalize', coefficients, steps);
  checkNumber('orthogonalize', 'epsilon', epsilon ?? 0, { atLeast: 0, below: Infinity, typical: 1e-7 });

  if (matrix.size === 0) return clone(matrix);
  return tidy(() => {
    const { matrices, restore } = matricesOf('orthogonalize', matrix);
    return restore(orthogonalized(matrices, { ...schedule, epsilon: epsilon ?? schedule.epsilon }));
  });
}

const OPTIONS: Record<keyof OrthogonalizeOptions, true> = { coefficients: true, steps: true, epsilon: true };

/** The same on a batch that is not empty. Inside a tidy only. */
export const orthogonalized = (matrices: Tensor3D, schedule: ResolvedNewtonSchulz): Tensor3D =>
  schedule.quintics.reduce(applyQuintic, normalized(matrices, schedule));

/** M / (f ‖M‖_F + ε), and 0 for 0. */
function normalized(matrices: Tensor3D, { factor, epsilon, floor }: ResolvedNewtonSchulz): Tensor3D {
  const { unit, peak } = unitMatrices(matrices);
  const norm = mul(sqrt(sum(square(unit), [1, 2], true)), factor);
  const divisor = add(norm, div(epsilon, peak));
  // The 1e-30 only makes 0 / 0 a 0: every other norm is at least 1.
  return div(unit, maximum(divisor, maximum(div(floor, peak), 1e-30)));
}
