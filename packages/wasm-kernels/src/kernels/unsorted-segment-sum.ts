import { UnsortedSegmentSum, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/**
 * `tf.unsortedSegmentSum`, the gradient of `tf.gather`, which tfjs's wasm backend lacks: without it
 * no embedding trains there.
 */
export const unsortedSegmentSum: Kernel = {
  name: UnsortedSegmentSum,
  attrs: ['numSegments'],
  run({ inputs: { x, segmentIds }, attrs, backend, functions, offset, stock }) {
    const [count, ...inner] = x.shape;
    if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32') return stock();
    if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== count) {
      throw new Error(
        `UnsortedSegmentSum: segmentIds has shape [${segmentIds.shape}] for x of shape [${x.shape}], expected ` +
          `[${count}]. Pass one id per slice of x.`,
      );
    }
    const segments = attrs.numSegments as number;
    const out = backend.makeOutput([segments, ...inner], 'float32');
    const size = util.sizeFromShape(inner);
    functions.segmentSum(offset(x), offset(segmentIds), offset(out), count, size, segments);
    return out;
  },
};
