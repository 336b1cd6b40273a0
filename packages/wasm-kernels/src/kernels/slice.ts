import { backend_util, Slice, SplitV, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { mergeAxes, strides } from './axes.js';
import { copyAxes, elementBytes } from './copies.js';

/** The block of x that starts at `begin`. */
function block(call: Call, begin: readonly number[], size: number[]): TensorInfo {
  const steps = strides(call.inputs.x.shape);
  const axes = size.map((length, axis) => ({ size: length, steps: [steps[axis]] }));
  const start = begin.reduce((sum, index, axis) => sum + index * steps[axis], 0);
  return copyAxes(call, size, mergeAxes(axes), start);
}

/** `tf.slice`. */
export const slice: Kernel = {
  name: Slice,
  attrs: ['begin', 'size'],
  run(call) {
    const { x } = call.inputs;
    if (elementBytes(x.dtype) === undefined) return call.stock();
    const { begin, size } = call.attrs as { begin: number[]; size: number[] };
    const [start, length] = slice_util.parseSliceParams(x, begin, size);
    slice_util.assertParamsValid(x, start, length);
    return block(call, start, length);
  },
};

/** `tf.split`. */
export const splitV: Kernel = {
  name: SplitV,
  attrs: ['numOrSizeSplits', 'axis'],
  run(call) {
    const { x } = call.inputs;
    if (elementBytes(x.dtype) === undefined) return call.stock();
    const axis = util.parseAxisParam(call.attrs.axis as number, x.shape)[0];
    let start = 0;
    return backend_util
      .prepareSplitSize(x as never, call.attrs.numOrSizeSplits as number | number[], axis)
      .map((length) => {
        const begin = x.shape.map((_, i) => (i === axis ? start : 0));
        start += length;
        return block(
          call,
          begin,
          x.shape.map((size, i) => (i === axis ? length : size)),
        );
      });
  },
};
