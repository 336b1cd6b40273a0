import { Transpose, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { mergeAxes, strides, writeAxes } from './axes.js';
import { copyAxes, elementBytes } from './copies.js';

/** `tf.transpose`: 4×4 blocks where the last axis moves, whole rows where it stays. */
export const transpose: Kernel = {
  name: Transpose,
  attrs: ['perm'],
  run(call) {
    const { inputs, backend, functions, offset } = call;
    const { x } = inputs;
    const perm = call.attrs.perm as number[];
    const bytes = elementBytes(x.dtype);
    const shape = perm.map((axis) => x.shape[axis]);
    if (bytes === undefined || perm.length !== x.shape.length) return call.stock();
    if (util.sizeFromShape(shape) === 0) return backend.makeOutput(shape, x.dtype); // tfjs's kernel crashes

    const [from, to] = [strides(x.shape), strides(shape)];
    const axes = mergeAxes(perm.map((axis, i) => ({ size: shape[i], steps: [from[axis], to[i]] })));
    if (axes.length === 1) {
      backend.incRef(x.dataId); // only axes of size 1 moved: the same data
      return { dataId: x.dataId, shape, dtype: x.dtype };
    }
    const rows = axes[axes.length - 1];
    if (rows.steps[0] === 1 || bytes !== 4) return copyAxes(call, shape, axes);

    const columns = axes.find(({ steps }) => steps[0] === 1)!;
    const around = axes.filter((axis) => axis !== rows && axis !== columns);
    const out = backend.makeOutput(shape, x.dtype);
    const [sizes, xSteps, ySteps] = writeAxes(call, around, [4, 4]);
    functions.swapAxes(
      offset(x),
      offset(out),
      rows.size,
      columns.size,
      rows.steps[0] * 4,
      columns.steps[1] * 4,
      around.length,
      sizes,
      xSteps,
      ySteps,
    );
    return out;
  },
};
