import { backend_util, Max, Mean, Sum, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';

/** A run of neighbouring axes to reduce, in a tensor seen as [outer, reduced, inner]. */
interface Group {
  outer: number;
  reduced: number;
  inner: number;
}

/** Splits axes into runs of neighbours, the last one first: earlier runs see the later ones reduced. */
export function groupAxes(shape: readonly number[], axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  let inner = 1;
  for (let end = shape.length; end > 0; ) {
    let start = end - 1;
    const reduces = axes.includes(start);
    while (start > 0 && axes.includes(start - 1) === reduces) start--;
    const size = util.sizeFromShape(shape.slice(start, end));
    if (reduces) groups.push({ outer: util.sizeFromShape(shape.slice(0, start)), reduced: size, inner });
    else inner *= size;
    end = start;
  }
  // Nothing to reduce: copies.
  return groups.length > 0 ? groups : [{ outer: 1, reduced: 1, inner }];
}

/** Reduces the float32 input `x` one group of axes at a time. */
function reduce(
  call: Call,
  axis: number | number[],
  step: (call: Call, group: Group, x: number, y: number, isLast: boolean, count: number) => void,
): TensorInfo {
  const { inputs, attrs, backend, offset } = call;
  const { shape } = inputs.x;
  const axes = util.parseAxisParam(axis, shape);
  const [reducedShape, sizes] = backend_util.computeOutAndReduceShapes(shape, axes);
  const outShape = attrs.keepDims ? backend_util.expandShapeToKeepDim(reducedShape, axes) : reducedShape;
  const groups = groupAxes(shape, axes);
  let x = inputs.x;
  groups.forEach((group, i) => {
    const isLast = i === groups.length - 1;
    const y = backend.makeOutput(isLast ? outShape : [group.outer * group.inner], 'float32');
    if (util.sizeFromShape(y.shape) > 0) {
      step(call, group, offset(x), offset(y), isLast, util.sizeFromShape(sizes));
    }
    if (x !== inputs.x) backend.disposeData(x.dataId);
    x = y;
  });
  return x;
}

function sumOrMean(name: string): Kernel {
  return {
    name,
    attrs: ['axis', 'keepDims'],
    run(call) {
      if (call.inputs.x.dtype !== 'float32') return call.stock();
      return reduce(call, call.attrs.axis as number[], ({ functions }, group, x, y, isLast, count) => {
        const scale = isLast && name === Mean ? 1 / count : 1;
        functions.sumAxis(x, y, group.outer, group.reduced, group.inner, scale);
      });
    },
  };
}

export const sum = sumOrMean(Sum);
export const mean = sumOrMean(Mean);

export const max: Kernel = {
  name: Max,
  attrs: ['reductionIndices', 'keepDims'],
  run(call) {
    if (call.inputs.x.dtype !== 'float32') return call.stock();
    return reduce(call, call.attrs.reductionIndices as number[], ({ functions }, group, x, y) => {
      functions.maxAxis(x, y, group.outer, group.reduced, group.inner);
    });
  },
};
