import { backend_util, MaxPoolGrad } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { checkInput } from './check-input.js';
import { writeWindows } from './windows.js';

/**
 * The gradient of `tf.maxPool`. tfjs's own loses it, or hands it to the first pixel, wherever a window
 * holds no positive number.
 */
export const maxPoolGrad: Kernel = {
  name: MaxPoolGrad,
  attrs: ['filterSize', 'strides', 'pad', 'dimRoundingMode'],
  run(call) {
    const { inputs, attrs, backend, functions, scratch, offset } = call;
    const x = inputs.input;
    if (x.dtype !== 'float32' || inputs.dy.dtype !== 'float32') return call.stock();
    const [batch, height, width, channels] = x.shape;
    const [, outHeight, outWidth] = inputs.dy.shape;
    checkInput(MaxPoolGrad, inputs, 'input', [batch, height, width, channels]);
    const dy = checkInput(MaxPoolGrad, inputs, 'dy', [batch, outHeight, outWidth, channels]);
    const { filterSize, strides, pad, dimRoundingMode } = attrs as never;
    const info = backend_util.computePool2DInfo(
      x.shape as never,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const dx = backend.makeOutput(x.shape, 'float32');
    const windows = writeWindows(call, scratch, info, dy.shape);
    functions.maxPoolBackward(windows, offset(x), offset(dy), offset(dx));
    return dx;
  },
};
