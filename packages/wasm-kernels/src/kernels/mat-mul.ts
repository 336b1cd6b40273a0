import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Call } from '../kernel.js';
import { batchRuns } from './broadcast-batch.js';

/** What follows a product: a bias per column, then an activation. */
export interface Epilogue {
  bias?: TensorInfo;
  /** Number of the activation in assembly/epilogue.ts. */
  activation?: number;
  leakyreluAlpha?: number;
  /** The slopes of prelu: one, or one per column. */
  slopes?: TensorInfo;
}

/** Rows and columns of a factor as it enters the product, after its transposition. */
function matrixSize({ shape }: TensorInfo, transpose: boolean): [rows: number, cols: number] {
  const [rows, cols] = shape.slice(-2);
  return transpose ? [cols, rows] : [rows, cols];
}

/** Whether two tensors can go through {@link matMul}: float32, and inner sizes that agree. */
export function isProduct(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): boolean {
  return (
    a.dtype === 'float32' &&
    b.dtype === 'float32' &&
    matrixSize(a, transposeA)[1] === matrixSize(b, transposeB)[0]
  );
}

/**
 * act(A B + bias) for two tensors whose last two axes are matrices and whose other axes broadcast.
 *
 * @returns Shape `[...batch, m, n]`, float32.
 */
export function matMul(
  { inputs: { a, b }, backend, functions, scratch, offset }: Call,
  transposeA: boolean,
  transposeB: boolean,
  { bias, activation = 0, leakyreluAlpha = 0, slopes }: Epilogue = {},
): TensorInfo {
  const [m, k] = matrixSize(a, transposeA);
  const n = matrixSize(b, transposeB)[1];
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const out = backend.makeOutput([...batch, m, n], 'float32');
  if (util.sizeFromShape(out.shape) === 0) return out;

  const [aBytes, bBytes, outBytes] = [4 * m * k, 4 * k * n, 4 * m * n];
  const offsetOrNone = (tensor?: TensorInfo) => (tensor ? offset(tensor) : 0);
  for (const run of batchRuns(aBatch, bBatch, batch)) {
    functions.gemm(
      scratch,
      run.count,
      m,
      n,
      k,
      offset(a) + run.a * aBytes,
      Number(transposeA),
      run.aStep * aBytes,
      offset(b) + run.b * bBytes,
      Number(transposeB),
      run.bStep * bBytes,
      offset(out) + run.out * outBytes,
      offsetOrNone(bias),
      activation,
      leakyreluAlpha,
      offsetOrNone(slopes),
      slopes ? util.sizeFromShape(slopes.shape) : 0,
    );
  }
  return out;
}
