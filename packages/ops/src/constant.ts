import { type Tensor, Variable } from '@tensorflow/tfjs-core';

const CONSTANTS = new WeakSet<Tensor>();

/** Marks a tensor as one whose gradient nobody wants: {@link linear} does not compute it. Returns the tensor. */
export function constant<T extends Tensor>(x: T): T {
  CONSTANTS.add(x);
  return x;
}

/** Whether a tensor was marked so, or is a variable that is not trainable. */
export const isConstant = (x: Tensor): boolean => CONSTANTS.has(x) || (x instanceof Variable && !x.trainable);
