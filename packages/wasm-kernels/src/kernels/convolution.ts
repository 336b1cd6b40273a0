import {
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { checkInput } from './check-input.js';
import { WINDOWS_BYTES, writeWindows } from './windows.js';

type Shape4D = [number, number, number, number];

/** Windows copied side by side at a time: what they see stays in the cache. */
const CHUNK = 256;

const ATTRS = ['strides', 'pad', 'dataFormat', 'dimRoundingMode'];

function infoOf({ attrs }: Call, imageShape: number[], filterShape: number[]) {
  const { strides, pad, dimRoundingMode } = attrs as never;
  return backend_util.computeConv2DInfo(
    imageShape as Shape4D,
    filterShape as Shape4D,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/**
 * Makes the output and working memory for matrix products with what {@link CHUNK} windows see. The
 * memory lives in a tensor of tfjs's, so that it is freed and counted like one.
 */
export function withColumns(
  call: Call,
  info: ReturnType<typeof backend_util.computeConv2DInfo>,
  dyShape: number[],
  outShape: number[],
  f: (windows: number, columns: number, chunk: number, out: number) => void,
): TensorInfo {
  const { backend, offset } = call;
  const chunk = Math.min(CHUNK, util.sizeFromShape(dyShape.slice(0, 3)));
  const columns = chunk * info.filterHeight * info.filterWidth * info.inChannels;
  const out = backend.makeOutput(outShape, 'float32');
  const memory = backend.makeOutput([WINDOWS_BYTES / 4 + columns], 'float32');
  if (util.sizeFromShape(outShape) > 0) {
    const windows = writeWindows(call, offset(memory), info, dyShape);
    f(windows, windows + WINDOWS_BYTES, chunk, offset(out));
  }
  backend.disposeData(memory.dataId);
  return out;
}

const isChannelsLast = ({ dataFormat }: Call['attrs']) => (dataFormat ?? 'NHWC') === 'NHWC';

/** The gradient of `tf.conv2d` and `tf.conv1d` by the filter, which tfjs's wasm backend lacks. */
const conv2DBackpropFilter: Kernel = {
  name: Conv2DBackpropFilter,
  attrs: [...ATTRS, 'filterShape'],
  run(call) {
    const { inputs, attrs, functions, scratch, offset } = call;
    if (!isChannelsLast(attrs)) {
      throw new Error(
        "wasm backend Conv2DBackpropFilter does not support dataFormat:'channelsFirst'. " +
          "Please use 'channelsLast'.",
      );
    }
    if (inputs.x.dtype !== 'float32' || inputs.dy.dtype !== 'float32') return call.stock();
    const filterShape = attrs.filterShape as number[];
    const [, , inChannels, outChannels] = filterShape;
    const [batch, height, width] = inputs.x.shape;
    const x = checkInput(Conv2DBackpropFilter, inputs, 'x', [batch, height, width, inChannels]);
    const [, outHeight, outWidth] = inputs.dy.shape;
    const dy = checkInput(Conv2DBackpropFilter, inputs, 'dy', [batch, outHeight, outWidth, outChannels]);
    const info = infoOf(call, x.shape, filterShape);
    return withColumns(call, info, dy.shape, filterShape, (windows, columns, chunk, dw) => {
      functions.convolutionFilterBackward(
        ...([scratch, windows, columns, chunk, offset(x), offset(dy), dw, outChannels] as const),
      );
    });
  },
};

/** The gradient of `tf.conv2d` by the image, and `tf.conv2dTranspose`. */
const conv2DBackpropInput: Kernel = {
  name: Conv2DBackpropInput,
  attrs: [...ATTRS, 'inputShape'],
  run(call) {
    const { inputs, attrs, functions, scratch, offset } = call;
    const { dy, filter } = inputs;
    const inputShape = attrs.inputShape as number[];
    const [batch, , , inChannels] = inputShape;
    const isSimple =
      isChannelsLast(attrs) &&
      dy.dtype === 'float32' &&
      filter.dtype === 'float32' &&
      dy.shape[0] === batch &&
      dy.shape[3] === filter.shape[3] &&
      inChannels === filter.shape[2];
    if (!isSimple) return call.stock();
    const info = infoOf(call, inputShape, filter.shape);
    return withColumns(call, info, dy.shape, inputShape, (windows, columns, chunk, dx) => {
      functions.convolutionInputBackward(
        ...([scratch, windows, columns, chunk, offset(dy), offset(filter), dx, dy.shape[3]] as const),
      );
    });
  },
};

export const convolutionKernels: Kernel[] = [conv2DBackpropFilter, conv2DBackpropInput];
