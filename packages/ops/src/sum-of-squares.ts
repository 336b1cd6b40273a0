import {
  customGrad,
  type GradSaveFunc,
  mul,
  type Scalar,
  square,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';

/**
 * The sum of the squares of all entries, in a way that stays accurate for large tensors.
 *
 *     s = Σᵢ xᵢ²          ∂s/∂x = 2x
 *
 * One long float32 sum loses what is small against the total: 40 million equal entries stop adding
 * up at 2²⁴. This sums the last axis first, then the next, so that no single sum is long.
 *
 * @param x Any shape; float32 or int32.
 * @returns A scalar. Differentiable.
 */
export function sumOfSquares(x: Tensor): Scalar {
  return squares(x) as Scalar;
}

const squares = customGrad((...inputs) => {
  const [x, save] = inputs as [Tensor, GradSaveFunc];
  save([x]);
  return {
    value: tidy(() => {
      let total: Tensor = square(x);
      while (total.rank > 1) total = sum(total, -1);
      return sum(total);
    }),
    gradFunc: (dy, [x]) => mul(x, mul(dy, 2)),
  };
});
