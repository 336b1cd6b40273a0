import {
  backend_util,
  Conv2D,
  DepthwiseConv2dNative,
  FusedConv2D,
  FusedDepthwiseConv2D,
} from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

type Info = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Whether strides pass over the last pixels of an axis, so that its windows cover less than the image. */
function skipsPixels(info: Info): boolean {
  const rows = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
  const columns = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
  return rows < info.inHeight || columns < info.inWidth;
}

/**
 * A convolution with `pad: 'same'` whose strides pass over pixels, of which tfjs's wasm backend 4.22
 * computes nothing: the result is zeros, without an error. With the same padding in numbers it is right.
 */
function repaired(name: string, isDepthwise: boolean, attrs: readonly string[]): Kernel {
  return {
    name,
    attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode', ...attrs],
    run({ inputs: { x, filter }, attrs, stock }) {
      const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as never;
      if (pad !== 'same' || (dataFormat ?? 'NHWC') !== 'NHWC') return stock();
      const [xShape, filterShape] = [x.shape, filter.shape] as [number, number, number, number][];
      const info = backend_util.computeConv2DInfo(
        ...([xShape, filterShape, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise] as const),
      );
      if (!skipsPixels(info)) return stock();
      const { top, bottom, left, right } = info.padInfo;
      return stock({
        ...attrs,
        pad: [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ] as unknown as number[],
      });
    },
  };
}

export const samePaddingKernels: Kernel[] = [
  repaired(Conv2D, false, []),
  repaired(FusedConv2D, false, ['activation', 'leakyreluAlpha']),
  repaired(DepthwiseConv2dNative, true, []),
  repaired(FusedDepthwiseConv2D, true, ['activation', 'leakyreluAlpha']),
];
