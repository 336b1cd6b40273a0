import { util } from '@tensorflow/tfjs-core';

/** Consecutive matrices of a batch whose two factors each advance by a fixed number of matrices. */
export interface BatchRun {
  /** Index of the first product, and of the matrices it multiplies. */
  out: number;
  a: number;
  b: number;
  count: number;
  /** Matrices to advance per product: 1, or 0 to repeat the same one. */
  aStep: number;
  bStep: number;
}

/**
 * Splits a batch of products into runs that a single call can compute.
 *
 * @param aShape, bShape Batch dimensions of the factors, without the matrices' own.
 * @param outShape Their broadcast.
 */
export function batchRuns(aShape: number[], bShape: number[], outShape: number[]): BatchRun[] {
  const [a, b, out] = [aShape, bShape, outShape].map((shape) => util.sizeFromShape(shape));
  if (out === 0) return [];
  if ((a === out || a === 1) && (b === out || b === 1)) {
    return [{ out: 0, a: 0, b: 0, count: out, aStep: Number(a > 1), bStep: Number(b > 1) }];
  }
  return Array.from({ length: out }, (_, i) => ({
    out: i,
    a: sourceIndex(i, aShape, outShape),
    b: sourceIndex(i, bShape, outShape),
    count: 1,
    aStep: 0,
    bStep: 0,
  }));
}

/** The index in a broadcast factor that output index `index` reads. */
function sourceIndex(index: number, shape: number[], outShape: number[]): number {
  let [source, stride] = [0, 1];
  for (let axis = outShape.length - 1; axis >= 0; axis--) {
    const size = shape[axis - outShape.length + shape.length] ?? 1;
    if (size > 1) source += (index % outShape[axis]) * stride;
    stride *= size;
    index = Math.floor(index / outShape[axis]);
  }
  return source;
}
