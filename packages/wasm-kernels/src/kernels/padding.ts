import {
  AvgPool,
  AvgPoolGrad,
  backend_util,
  Conv2D,
  DepthwiseConv2dNative,
  FusedConv2D,
  FusedDepthwiseConv2D,
  MaxPool,
  util,
} from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { withColumns } from './convolution.js';
import { ACTIVATIONS, isPerColumn } from './fused-mat-mul.js';
import { writeWindows } from './windows.js';

// tfjs-core decides the shape of a convolution or pool, the library under tfjs's wasm backend (XNNPACK) how many windows
// it computes. They disagree
//
//     where `pad` is a number: tfjs-core then counts columns by the height and the vertical stride of the filter
//     where `dimRoundingMode` rounds up
//     where `pad` is 'same' and strides pass over the last pixels, of which the library computes nothing
//
// and the library then writes past the end of the result, or leaves a part of it as it was. Here such cases are computed
// by kernels of ours, in the shape of tfjs-core, which is that of every other backend.

type Info = ReturnType<typeof backend_util.computeConv2DInfo>;
type Shape4D = [number, number, number, number];

/** Calls `isRight` with what counts along each of the two axes. */
const onBothAxes = (
  info: Info,
  isRight: (axis: Record<'out' | 'stride' | 'filter' | 'size' | 'pad', number>) => boolean,
) => {
  const { padInfo } = info;
  return (
    isRight({
      ...{ out: info.outHeight, stride: info.strideHeight, filter: info.effectiveFilterHeight },
      ...{ size: info.inHeight, pad: padInfo.top + padInfo.bottom },
    }) &&
    isRight({
      ...{ out: info.outWidth, stride: info.strideWidth, filter: info.effectiveFilterWidth },
      ...{ size: info.inWidth, pad: padInfo.left + padInfo.right },
    })
  );
};

/** Whether the library has as many windows as tfjs-core, given its padding. */
const countsAlike = (info: Info): boolean =>
  onBothAxes(
    info,
    ({ out, stride, filter, size, pad }) => Math.floor((size + pad - filter) / stride) + 1 === out,
  );

/** Whether the windows reach the last pixels, as the library takes for granted if it pads by itself. */
const reachesTheEnd = (info: Info): boolean =>
  onBothAxes(info, ({ out, stride, filter, size }) => (out - 1) * stride + filter >= size);

/** A convolution, if `depthwise` with a filter for each channel. */
function convolution(name: string, depthwise: boolean, more: readonly string[]): Kernel {
  return {
    name,
    attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode', ...more],
    run(call) {
      const { inputs, attrs, stock } = call;
      const { x, filter } = inputs;
      const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as never;
      const isSimple =
        (dataFormat ?? 'NHWC') === 'NHWC' && x.dtype === 'float32' && filter.dtype === 'float32';
      if (!isSimple) return stock();
      const info = backend_util.computeConv2DInfo(
        ...([x.shape as Shape4D, filter.shape as Shape4D, strides, dilations ?? 1] as const),
        ...([pad, dimRoundingMode, depthwise] as const),
      );
      const isRight = info.padInfo.type === 'SAME' ? reachesTheEnd(info) : countsAlike(info);
      return emptyResult(name, call, info) ?? (isRight ? stock() : compute(name, call, info, depthwise));
    },
  };
}

/**
 * The result where no window fits into the image: of it tfjs's kernels read and write far beyond, and where windows are larger by two
 * it is given a shape with −1 rows.
 *
 * @throws In that case.
 */
function emptyResult(
  name: string,
  { backend }: Call,
  { inHeight, inWidth, outShape }: Pick<Info, 'inHeight' | 'inWidth' | 'outShape'>,
) {
  if (outShape.some((size) => size < 0)) {
    throw new Error(
      `${name}: the windows are larger than the image, [${inHeight}, ${inWidth}], expected one to fit. Take smaller ones, or pad it.`,
    );
  }
  return util.sizeFromShape(outShape) === 0
    ? backend.makeOutput(outShape.map(Math.abs), 'float32') // tfjs counts −0 rows too
    : undefined;
}

function compute(name: string, call: Call, info: Info, depthwise: boolean) {
  const { inputs, attrs, backend, functions, scratch, offset } = call;
  const { x, filter, bias, preluActivationWeights: slopes } = inputs;
  const channels = info.outShape[3];
  const activation = ACTIVATIONS[(attrs.activation as string) ?? 'linear'];
  const fits =
    activation !== undefined &&
    (!bias || (bias.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === channels)) &&
    (!slopes || isPerColumn(slopes, channels));
  if (!fits) {
    throw new Error(
      `${name}: activation '${attrs.activation}', bias [${bias?.shape}] and slopes [${slopes?.shape}] came, expected ` +
        `${Object.keys(ACTIVATIONS).join(', ')} and [${channels}]. Leave them out and apply them afterwards.`,
    );
  }
  const at = (tensor?: typeof bias) => (tensor ? offset(tensor) : 0);
  const epilogue = () =>
    [
      ...[at(bias), activation, (attrs.leakyreluAlpha as number) ?? 0, at(slopes)],
      slopes ? util.sizeFromShape(slopes.shape) : 0,
    ] as [number, number, number, number, number];
  if (!depthwise) {
    return withColumns(call, info, info.outShape, info.outShape, (windows, columns, chunk, y) => {
      functions.convolution(
        ...([scratch, windows, columns, chunk, offset(x), offset(filter), y, channels] as const),
        ...epilogue(),
      );
    });
  }
  const out = backend.makeOutput(info.outShape, 'float32');
  const windows = writeWindows(call, scratch, info, info.outShape);
  functions.depthwise(windows, offset(x), offset(filter), offset(out), filter.shape[3], ...epilogue());
  return out;
}

function pool(name: string, average: boolean): Kernel {
  return {
    name,
    attrs: ['filterSize', 'strides', 'pad', 'dimRoundingMode'],
    run(call) {
      const { inputs, attrs, backend, functions, scratch, offset, stock } = call;
      const { x } = inputs;
      const { filterSize, strides, pad, dimRoundingMode } = attrs as never;
      if (x.dtype !== 'float32') return stock();
      const info = backend_util.computePool2DInfo(
        ...([x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode] as const),
      );
      const empty = emptyResult(name, call, info);
      if (empty) return empty;
      if (countsAlike(info)) return stock();
      const out = backend.makeOutput(info.outShape, 'float32');
      const windows = writeWindows(call, scratch, info, info.outShape);
      functions.pool(windows, offset(x), offset(out), Number(average));
      return out;
    },
  };
}

/**
 * tfjs-core does not say to the gradient of an average pool how the pool rounded (`dimRoundingMode`), so that it cannot tell which
 * window a number of `dy` belongs to; every backend is wrong then, in silence.
 */
const averagePoolGradient: Kernel = {
  name: AvgPoolGrad,
  attrs: ['filterSize', 'strides', 'pad'],
  run({ inputs: { dy, input }, attrs, stock }) {
    const { filterSize, strides, pad } = attrs as never;
    const { outShape } = backend_util.computePool2DInfo(input.shape as Shape4D, filterSize, strides, 1, pad);
    if (util.arraysEqual(dy.shape, outShape)) return stock();
    throw new Error(
      `AvgPoolGrad: dy is [${dy.shape}], expected [${outShape}], as without dimRoundingMode: tfjs's gradient does not know it. ` +
        'Leave dimRoundingMode out, or pad the input first.',
    );
  },
};

export const paddingKernels: Kernel[] = [
  convolution(Conv2D, false, []),
  convolution(FusedConv2D, false, ['activation', 'leakyreluAlpha']),
  convolution(DepthwiseConv2dNative, true, []),
  convolution(FusedDepthwiseConv2D, true, ['activation', 'leakyreluAlpha']),
  pool(MaxPool, false),
  pool(AvgPool, true),
  averagePoolGradient,
];
