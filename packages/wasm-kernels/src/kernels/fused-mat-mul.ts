import { _FusedMatMul, type _FusedMatMulAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { isProduct, matMul } from './mat-mul.js';

/** Numbers of the activations in assembly/epilogue.ts. */
export const ACTIVATIONS: Record<string, number | undefined> = {
  linear: 0,
  relu: 1,
  relu6: 2,
  prelu: 3,
  leakyrelu: 4,
  sigmoid: 5,
  elu: 6,
};

/** `tf.fused.matMul`: what every `tf.layers.dense` computes. */
export const fusedMatMul: Kernel = {
  name: _FusedMatMul,
  attrs: ['transposeA', 'transposeB', 'activation', 'leakyreluAlpha'],
  run(call) {
    const { a, b, bias, preluActivationWeights: slopes } = call.inputs;
    const { transposeA, transposeB, activation, leakyreluAlpha } = call.attrs as unknown as _FusedMatMulAttrs;
    const number = ACTIVATIONS[activation];
    const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
    const supported =
      isProduct(a, b, transposeA, transposeB) &&
      number !== undefined &&
      (!bias || (bias.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === columns)) &&
      (activation === 'prelu') === Boolean(slopes) &&
      (!slopes || isPerColumn(slopes, columns));
    if (!supported) return call.stock();
    return matMul(call, transposeA, transposeB, { bias, activation: number, leakyreluAlpha, slopes });
  },
};

/** Whether the slopes are one number, or one for each column. */
export function isPerColumn({ shape, dtype }: TensorInfo, columns: number): boolean {
  const size = util.sizeFromShape(shape);
  return dtype === 'float32' && (size === 1 || (size === columns && shape[shape.length - 1] === columns));
}
