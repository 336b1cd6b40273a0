import { BatchMatMul, type BatchMatMulAttrs } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { isProduct, matMul } from './mat-mul.js';

/** `tf.matMul`, `tf.dot` and the products inside other ops. */
export const batchMatMul: Kernel = {
  name: BatchMatMul,
  attrs: ['transposeA', 'transposeB'],
  run(call) {
    const { a, b } = call.inputs;
    const { transposeA, transposeB } = call.attrs as unknown as BatchMatMulAttrs;
    if (!isProduct(a, b, transposeA, transposeB)) return call.stock(); // throws, in tfjs's own words
    return matMul(call, transposeA, transposeB);
  },
};
