import { reshape, type Tensor, type Tensor2D, util } from '@tensorflow/tfjs-core';

/** `[..., n]` → `[rows, n]`. Unlike a reshape to [−1, n] it also takes tensors without entries. */
export const rows = (x: Tensor): Tensor2D =>
  reshape(x, [util.sizeFromShape(x.shape.slice(0, -1)), x.shape[x.rank - 1]]);
