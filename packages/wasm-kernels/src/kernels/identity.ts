import { Identity } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/**
 * Another tensor over the same numbers, which no kernel ever writes. tfjs's own copies them, in every `tf.clone` and for
 * every tensor that a gradient needs later.
 */
export const identity: Kernel = {
  name: Identity,
  attrs: [],
  run({ inputs, backend, stock }) {
    const { x } = inputs;
    if (x.dtype === 'string') return stock();
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};
