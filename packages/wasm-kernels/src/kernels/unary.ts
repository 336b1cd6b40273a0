import { Erf, Exp, Expm1, Log, Log1p, Rsqrt, Softplus, Tanh, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/** Functions of one float32 tensor, in the order of the numbers in assembly/unary.ts. */
const FUNCTIONS = [Exp, Expm1, Log, Log1p, Tanh, Erf, Softplus, Rsqrt];

/** Element-wise functions of which tfjs's kernels compute one number at a time. */
export const unaryKernels: Kernel[] = FUNCTIONS.map((name, number) => ({
  name,
  attrs: [],
  run({ inputs: { x }, backend, functions, offset, stock }) {
    if (x.dtype !== 'float32') return stock();
    const out = backend.makeOutput(x.shape, 'float32');
    functions.unary(number, offset(x), offset(out), util.sizeFromShape(x.shape));
    return out;
  },
}));
