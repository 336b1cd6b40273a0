import { type DataType, Reverse, type TensorInfo, Tile, util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { type Axis, mergeAxes, strides, writeAxes } from './axes.js';

/** Bytes of an element that {@link copyAxes} can move; undefined for strings and complex numbers. */
export function elementBytes(dtype: DataType): number | undefined {
  return { float32: 4, int32: 4, bool: 1 }[dtype as string];
}

/**
 * A contiguous tensor of the elements that a walk along `axes` meets in x.
 *
 * @param start Elements from the start of x to the first one.
 */
export function copyAxes(call: Call, shape: number[], axes: readonly Axis[], start = 0): TensorInfo {
  const { x } = call.inputs;
  const bytes = elementBytes(x.dtype)!;
  const out = call.backend.makeOutput(shape, x.dtype);
  if (util.sizeFromShape(shape) === 0) return out;
  const [sizes, steps] = writeAxes(call, axes, [bytes]);
  const from = call.offset(x) + start * bytes;
  call.functions.copyStrided(from, call.offset(out), bytes, axes.length, sizes, steps);
  return out;
}

/** `tf.tile`, and with it every `tf.broadcastTo`. */
export const tile: Kernel = {
  name: Tile,
  attrs: ['reps'],
  run(call) {
    const { shape, dtype } = call.inputs.x;
    const reps = call.attrs.reps as number[];
    if (elementBytes(dtype) === undefined || reps.length !== shape.length) return call.stock();
    const steps = strides(shape);
    const axes = shape.flatMap((size, i) => [
      { size: reps[i], steps: [0] },
      { size, steps: [steps[i]] },
    ]);
    return copyAxes(
      call,
      shape.map((size, i) => size * reps[i]),
      mergeAxes(axes),
    );
  },
};

/** `tf.reverse`. */
export const reverse: Kernel = {
  name: Reverse,
  attrs: ['dims'],
  run(call) {
    const { shape, dtype } = call.inputs.x;
    if (elementBytes(dtype) === undefined || shape.length === 0) return call.stock();
    const reversed = util.parseAxisParam(call.attrs.dims as number[], shape);
    let start = 0;
    const steps = strides(shape).map((step, axis) => {
      if (!reversed.includes(axis)) return step;
      start += step * (shape[axis] - 1);
      return -step;
    });
    const axes = shape.map((size, axis) => ({ size, steps: [steps[axis]] }));
    return copyAxes(call, shape, mergeAxes(axes), start);
  },
};
