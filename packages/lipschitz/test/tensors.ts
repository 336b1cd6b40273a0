import type { GoldenTensor } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { jacobiSvd } from '../src/jacobi-svd.js';

export const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

/** The singular values of a matrix, in float64. */
export const singularValues = (matrix: tf.Tensor): number[] =>
  jacobiSvd(matrix.dataSync(), matrix.shape[0], matrix.shape[1]!).values;

/** The RMS→RMS norm of a matrix [fanOut, fanIn], in float64. */
export const rmsNorm = (matrix: tf.Tensor): number =>
  Math.sqrt(matrix.shape[1]! / matrix.shape[0]) * singularValues(matrix)[0];

/** A seeded random matrix with the given singular values, orthogonal vectors from float64 Gram–Schmidt. */
export function matrixWith(
  values: readonly number[],
  rows: number,
  columns: number,
  seed: number,
): tf.Tensor2D {
  const noise = Array.from(
    tf.tidy(() => tf.randomNormal([rows, columns], 0, 1, 'float32', seed + 1).dataSync()),
  );
  const { left, right } = jacobiSvd(noise, rows, columns);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < values.length; k++) sum += values[k] * left[k][i] * right[k][j];
      data[i * columns + j] = sum;
    }
  }
  return tf.tensor2d(data, [rows, columns]);
}
