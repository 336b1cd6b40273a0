import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
} from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { checkInput } from './check-input.js';
import { writeWindows } from './windows.js';

type Shape4D = [number, number, number, number];

const ATTRS = ['strides', 'pad', 'dimRoundingMode', 'dilations'];

/** Writes the table of windows to scratch memory. */
function windowsOf(call: Call, imageShape: number[], filterShape: number[], dyShape: number[]): number {
  const { strides, pad, dimRoundingMode, dilations } = call.attrs as never;
  const info = backend_util.computeConv2DInfo(
    imageShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
  return writeWindows(call, call.scratch, info, dyShape);
}

/** The shape that dy must have for an image and a filter [height, width, channels, multiplier]. */
function dyShapeOf({ inputs: { dy } }: Call, imageShape: number[], filterShape: number[]): number[] {
  return [imageShape[0], dy.shape[1], dy.shape[2], filterShape[2] * filterShape[3]];
}

/**
 * The gradient of `tf.depthwiseConv2d` by the filter, which tfjs's wasm backend lacks.
 *
 * Differs from tfjs's cpu kernel where `dilations` are not 1: that one ignores them.
 */
const depthwiseBackpropFilter: Kernel = {
  name: DepthwiseConv2dNativeBackpropFilter,
  attrs: [...ATTRS, 'filterShape'],
  run(call) {
    const { inputs, attrs, backend, functions, offset } = call;
    const name = DepthwiseConv2dNativeBackpropFilter;
    const filterShape = attrs.filterShape as number[];
    const x = checkInput(name, inputs, 'x', [...inputs.x.shape.slice(0, 3), filterShape[2]]);
    const dy = checkInput(name, inputs, 'dy', dyShapeOf(call, x.shape, filterShape));
    const dw = backend.makeOutput(filterShape, 'float32');
    const windows = windowsOf(call, x.shape, filterShape, dy.shape);
    functions.depthwiseFilterBackward(windows, offset(x), offset(dy), offset(dw), filterShape[3]);
    return dw;
  },
};

/** The gradient of `tf.depthwiseConv2d` by the image; see the remark on `dilations` above. */
const depthwiseBackpropInput: Kernel = {
  name: DepthwiseConv2dNativeBackpropInput,
  attrs: [...ATTRS, 'inputShape'],
  run(call) {
    const { inputs, attrs, backend, functions, offset } = call;
    const name = DepthwiseConv2dNativeBackpropInput;
    const inputShape = attrs.inputShape as number[];
    const [height, width, , multiplier] = inputs.filter.shape;
    const filter = checkInput(name, inputs, 'filter', [height, width, inputShape[3], multiplier]);
    const dy = checkInput(name, inputs, 'dy', dyShapeOf(call, inputShape, filter.shape));
    const dx = backend.makeOutput(inputShape, 'float32');
    const windows = windowsOf(call, inputShape, filter.shape, dy.shape);
    functions.depthwiseInputBackward(windows, offset(dy), offset(filter), offset(dx), multiplier);
    return dx;
  },
};

export const depthwiseKernels: Kernel[] = [depthwiseBackpropFilter, depthwiseBackpropInput];
