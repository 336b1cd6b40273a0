import { LogicalAnd, Select, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/** `tf.where`, whose condition tfjs has broadcast to the shape of both branches. */
export const select: Kernel = {
  name: Select,
  attrs: [],
  run({ inputs: { condition, t, e }, backend, functions, offset, stock }) {
    const simple =
      condition.dtype === 'bool' &&
      (t.dtype === 'float32' || t.dtype === 'int32') &&
      t.dtype === e.dtype &&
      util.arraysEqual(condition.shape, t.shape) &&
      util.arraysEqual(t.shape, e.shape);
    if (!simple) return stock();
    const out = backend.makeOutput(t.shape, t.dtype);
    functions.select(offset(condition), offset(t), offset(e), offset(out), util.sizeFromShape(t.shape));
    return out;
  },
};

/** `tf.logicalAnd` of tensors of one shape: part of the gradient of `tf.clipByValue`. */
export const logicalAnd: Kernel = {
  name: LogicalAnd,
  attrs: [],
  run({ inputs: { a, b }, backend, functions, offset, stock }) {
    if (a.dtype !== 'bool' || b.dtype !== 'bool' || !util.arraysEqual(a.shape, b.shape)) return stock();
    const out = backend.makeOutput(a.shape, 'bool');
    functions.logicalAnd(offset(a), offset(b), offset(out), util.sizeFromShape(a.shape));
    return out;
  },
};
