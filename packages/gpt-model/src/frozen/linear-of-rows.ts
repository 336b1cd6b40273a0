import { linear } from '@evenkeel/ops';
import {
  add,
  concat,
  customGrad,
  dispose,
  matMul,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';

/** A matrix of which some rows are made at a time. */
export interface Rows {
  readonly shape: readonly number[];
  rows(begin: number, count: number): Tensor;
}

/** Numbers of the matrix that are in memory at once: 64 MB. */
const NUMBERS_AT_ONCE = 2 ** 24;

/**
 * y = x Wᵀ, with a few rows of W in memory at a time, forward and backward. W is a constant.
 *
 * @param x Shape `[..., in]`.
 * @param W Shape `[out, in]`.
 * @returns Shape `[..., out]`.
 */
export function linearOfRows(x: Tensor, W: Rows): Tensor {
  const [outputs, inputs] = W.shape;
  const size = Math.max(1, Math.floor(NUMBERS_AT_ONCE / inputs));
  const starts = Array.from({ length: Math.ceil(outputs / size) }, (_, i) => i * size);
  const count = (start: number) => Math.min(size, outputs - start);
  const product = customGrad((...given) => {
    const x = given[0] as Tensor;
    const parts = starts.map((start) => tidy(() => linear(x, W.rows(start, count(start)))));
    const value = parts.length === 1 ? parts[0] : concat(parts, 1);
    if (parts.length > 1) dispose(parts);
    return {
      value,
      gradFunc: (dy: Tensor) => {
        let dx = zeros(x.shape);
        for (const start of starts) {
          const more = tidy(() => {
            const part = slice(dy, [0, start], [-1, count(start)]) as Tensor2D;
            return add(dx, matMul(part, W.rows(start, count(start)) as Tensor2D));
          });
          dx.dispose();
          dx = more;
        }
        return dx;
      },
    };
  });
  return reshape(product(reshape(x, [-1, inputs])), [...x.shape.slice(0, -1), outputs]);
}
