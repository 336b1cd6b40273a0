import { Pow, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/** Up to here repeated multiplication is as exact as a logarithm. */
const LARGEST_EXPONENT = 16;

/** `tf.pow(x, n)` for a single small whole n ≥ 0; other exponents go to tfjs's own kernel. */
export const pow: Kernel = {
  name: Pow,
  attrs: [],
  run({ inputs: { a, b }, backend, functions, offset, stock }) {
    const single = util.sizeFromShape(b.shape) === 1 && b.shape.length <= a.shape.length;
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || !single) return stock();
    const [exponent] = new Float32Array(backend.wasm.HEAPU8.buffer, offset(b), 1);
    if (!Number.isInteger(exponent) || exponent < 0 || exponent > LARGEST_EXPONENT) return stock();
    const out = backend.makeOutput(a.shape, 'float32');
    functions.powWhole(offset(a), offset(out), util.sizeFromShape(a.shape), exponent);
    return out;
  },
};
