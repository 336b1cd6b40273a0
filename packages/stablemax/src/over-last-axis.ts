import { overNothing } from '@evenkeel/ops';
import { type Tensor, tidy, transpose } from '@tensorflow/tfjs-core';

/**
 * Applies a function of the last axis to another axis of `x`, and tidies up.
 *
 * @throws If `axis` is none of `x`.
 */
export function overLastAxis(where: string, x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  const position = axis < 0 ? axis + x.rank : axis;
  if (!Number.isInteger(position) || position < 0 || position >= x.rank) {
    throw new Error(
      `${where}: axis is ${axis} for logits of shape [${x.shape}], ` +
        `expected a whole number from ${-x.rank} to ${x.rank - 1}. The usual axis is -1.`,
    );
  }
  if (x.size === 0) return overNothing([x], x.shape);
  const last = x.rank - 1;
  if (position === last) return tidy(() => f(x));
  const swap = x.shape.map((_, i) => (i === position ? last : i === last ? position : i));
  return tidy(() => transpose(f(transpose(x, swap)), swap));
}
