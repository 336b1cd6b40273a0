import { checkOptions } from '@evenkeel/ops';
import { tensor3d } from '@tensorflow/tfjs-core';
import { jacobiSvd } from '../jacobi-svd.js';
import { readNow } from '../read-now.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import { CAP_OPTIONS, type SpectralCapOptions } from './spectral-cap.js';
import { checkedMaxNorm } from './spectral-normalize.js';

/**
 * Cuts off singular values at a cap with a full SVD: exact to float32, and slow.
 *
 *     W ← U min(Σ, c) Vᵀ,     c = √(fanOut / fanIn) · maxNorm
 *
 * Reads every weight back and works in float64 on the host: a yardstick for small models, seconds per step for large
 * ones. `spectralCap` stays on the device. Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Newhouse et al. 2025, reference code, `pure_svd`.
 */
export function exactSpectralCap(options: SpectralCapOptions = {}): MatrixConstraint {
  checkOptions('exactSpectralCap', options, CAP_OPTIONS);
  const maxNorm = checkedMaxNorm('exactSpectralCap', options);
  return onMatrices('exactSpectralCap', options, ({ matrices, fanOut, fanIn, rmsScale }) => {
    const size = fanOut * fanIn;
    const capped = Float32Array.from(readNow('exactSpectralCap', matrices, 'Take spectralCap.'));
    for (let start = 0; start < capped.length; start += size) {
      capOne(capped.subarray(start, start + size), fanOut, fanIn, maxNorm * rmsScale);
    }
    return tensor3d(capped, matrices.shape);
  });
}

/** W ← Σ min(σ, cap) u vᵀ; a matrix within the cap keeps every bit. */
function capOne(matrix: Float32Array, rows: number, columns: number, cap: number): void {
  const { values, left, right } = jacobiSvd(matrix, rows, columns);
  if (values[0] <= cap) return;
  const capped = values.map((sigma) => Math.min(sigma, cap));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < capped.length; k++) sum += capped[k] * left[k][i] * right[k][j];
      matrix[i * columns + j] = sum;
    }
  }
}
