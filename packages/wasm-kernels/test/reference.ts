import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';

/** A tensor of whole numbers from -4 to 4, whose products and sums float32 holds exactly. */
export function wholeNumbers(shape: number[], seed: number): tf.Tensor {
  let state = seed >>> 0;
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 9) - 4;
  });
  return tf.tensor(values, shape);
}

/** Sizes around the blocks of the kernels: empty, single, just below, at and above. */
export const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 31, 33);

/** Runs `f` on the cpu backend with copies of tensors, and returns its values. */
export function onCpu(inputs: tf.Tensor[], f: (...inputs: tf.Tensor[]) => tf.Tensor): ArrayLike<number> {
  const copies = inputs.map((t) => [t.dataSync(), t.shape, t.dtype] as const);
  tf.setBackend('cpu');
  try {
    return tf.tidy(() => f(...copies.map((c) => tf.tensor(...c))).dataSync());
  } finally {
    tf.setBackend('wasm');
  }
}

/** A B in float64, for matrices with any leading axes that broadcast. */
export function matMul64(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [at, bt] = [reader(a, transposeA, batch), reader(b, transposeB, batch)];
  const product: number[] = [];
  for (let i = 0; i < tf.util.sizeFromShape(batch); i++) {
    for (let row = 0; row < at.rows; row++) {
      for (let col = 0; col < bt.cols; col++) {
        let sum = 0;
        for (let k = 0; k < at.cols; k++) sum += at.read(i, row, k) * bt.read(i, k, col);
        product.push(sum);
      }
    }
  }
  return product;
}

function reader(x: tf.Tensor, transpose: boolean, batch: number[]) {
  const values = x.dataSync();
  const [r, c] = x.shape.slice(-2);
  const own = x.shape.slice(0, -2);
  const matrixOf = (index: number) => {
    let [matrix, stride] = [0, 1];
    for (let axis = 1; axis <= batch.length; axis++) {
      const size = batch[batch.length - axis];
      const ownSize = own[own.length - axis] ?? 1;
      if (ownSize > 1) matrix += (index % size) * stride;
      stride *= ownSize;
      index = Math.floor(index / size);
    }
    return matrix;
  };
  return {
    rows: transpose ? c : r,
    cols: transpose ? r : c,
    read: (i: number, row: number, col: number) =>
      values[matrixOf(i) * r * c + (transpose ? col * c + row : row * c + col)],
  };
}
