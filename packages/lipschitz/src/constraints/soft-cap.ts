import { clone, mul, sqrt, sub, type Tensor, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { gram, symmetricProduct, timesShortSide } from '../gram.js';
import { matricesOf } from '../matrices.js';

/**
 * Shrinks large singular values and leaves small ones nearly alone: the soft cap's polynomial, once.
 *
 *     M ← M (I − α A),  M ← M (I + α A),     A = Mᵀ M of the M before;     σ → σ (1 − 3u² + 3u³ − u⁴),  u = α σ²
 *
 * It diverges where α σ² is large: take α from `softCapCoupling`, or use `spectralSoftCap`, which holds for any weight.
 *
 * @param matrix A matrix or a batch of them.
 * @param alpha α ≥ 0.
 * @returns The same shape.
 * @see Newhouse et al. 2025, section 3.
 */
export function softCap(matrix: Tensor, alpha: number): Tensor {
  if (matrix.size === 0) return clone(matrix);
  return tidy(() => {
    const { matrices, restore } = matricesOf('softCap', matrix);
    return restore(applySoftCap(matrices, alpha));
  });
}

/**
 * The same on a batch, with a number or one per matrix, [batch, 1, 1]. Inside a tidy only.
 *
 * Everything but two products happens on the shorter side: M (C + B C³), B = α A, C = I − B, which needs no identity,
 * since C X = X − B X.
 */
export function applySoftCap(x: Tensor3D, alpha: number | Tensor): Tensor3D {
  // √α before the product: x alone may be too large for a square in float32.
  const B = gram(mul<Tensor3D>(x, typeof alpha === 'number' ? Math.sqrt(alpha) : sqrt(alpha)));
  const B2 = symmetricProduct(B, B);
  // 1 − 3u² + 3u³ − u⁴ = 1 − u² (3 − 3u + u²)
  const inner = sub<Tensor3D>(mul(B, 3), B2); // 3u − u²
  const shrink = sub<Tensor3D>(mul(B2, 3), symmetricProduct(B2, inner)); // u² (3 − 3u + u²)
  return sub(x, timesShortSide(x, shrink)) as Tensor3D;
}
