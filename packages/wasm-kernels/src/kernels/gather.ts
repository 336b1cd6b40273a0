import { backend_util, GatherV2, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { elementBytes } from './copies.js';

/** `tf.gather`: what an embedding looks its vectors up with. */
export const gather: Kernel = {
  name: GatherV2,
  attrs: ['axis', 'batchDims'],
  run(call) {
    const { inputs, attrs, backend, functions, offset } = call;
    const { x, indices } = inputs;
    const bytes = elementBytes(x.dtype);
    if (bytes === undefined || indices.dtype !== 'int32') return call.stock();

    const [axis] = util.parseAxisParam(attrs.axis as number, x.shape);
    const count = util.sizeFromShape(indices.shape);
    const values = new Int32Array(backend.wasm.HEAPU8.buffer, offset(indices), count);
    const largest = x.shape[axis] - 1;
    for (const index of values) {
      util.assert(
        index >= 0 && index <= largest,
        () => `GatherV2: the index value ${index} is not in [0, ${largest}]`, // tfjs's own words
      );
    }
    const { collectGatherOpShapeInfo } = backend_util.segment_util;
    // Reads nothing of its arguments but their shapes.
    const info = collectGatherOpShapeInfo(x as never, indices as never, axis, attrs.batchDims as number);
    const out = backend.makeOutput(info.outputShape, x.dtype);
    if (util.sizeFromShape(info.outputShape) === 0) return out;
    functions.gather(
      offset(x),
      offset(indices),
      offset(out),
      info.batchSize,
      info.outerSize,
      info.dimSize,
      count / info.batchSize,
      info.sliceSize * bytes,
    );
    return out;
  },
};
