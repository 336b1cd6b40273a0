import {
  add,
  div,
  exp,
  log,
  maximum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { gram, symmetricProduct } from './gram.js';
import { SMALLEST_NORMAL } from './unit.js';

/**
 * An upper bound of the largest singular value of each matrix that stays on the device, by Gram iteration.
 *
 *     ‖X‖_{2p} = ‖(Xᵀ X)^{p/2}‖_F^{1/p},     σ₁ ≤ ‖X‖_{2p} ≤ σ₁ · n^{1/2p},     p = 2ᵏ,  n = min(rows, columns)
 *
 * Each squaring of the Gram matrix doubles p. The matrix is divided by its norm before each squaring and the logarithm
 * of the divisors kept, since float32 overflows otherwise. Constraints use this one, which reads nothing back;
 * certificates use `spectralNormBound`, which proves its rounding margin.
 *
 * @param unit [batch, rows, columns], with entries of up to 1: see `unitMatrices`.
 * @param slack How far above σ₁ the bound may lie, relative: sets the number of squarings. > 0.
 * @returns [batch, 1, 1]; below 1e-9 for a matrix of zeros.
 * @see Delattre et al., "Efficient Bound of Lipschitz Constant for Convolutional Layers by Gram Iteration", 2023.
 */
export function schattenBound(unit: Tensor3D, slack: number): Tensor3D {
  const n = Math.min(unit.shape[1], unit.shape[2]);
  const doublings = Math.max(1, Math.ceil(Math.log2(Math.log(n) / Math.log1p(slack)))) - 1;
  return tidy(() => {
    let power: Tensor3D = gram(unit); // (Xᵀ X)^(2^i), up to the factor exp(logScale)
    let logScale: Tensor | undefined;
    for (let i = 0; i < doublings; i++) {
      const norm = frobenius(power);
      const shrunk = div(power, norm) as Tensor3D;
      power = symmetricProduct(shrunk, shrunk);
      logScale = mul(logScale ? add(logScale, log(norm)) : log(norm), 2);
    }
    const logNorm = log(frobenius(power));
    return exp(div(logScale ? add(logNorm, logScale) : logNorm, 2 ** (doublings + 1))) as Tensor3D;
  });
}

const frobenius = (x: Tensor3D) => maximum(sqrt(sum(square(x), [1, 2], true)), SMALLEST_NORMAL);
