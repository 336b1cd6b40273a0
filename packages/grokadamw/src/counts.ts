import { type DataId, scalar, type Tensor } from '@tensorflow/tfjs-core';

/** Counts whose number is known on the host, so that only those of a checkpoint are ever read back. */
const known = new WeakMap<DataId, number>();

/** A count that can be held as state. */
export function countOf(number: number): Tensor {
  const tensor = scalar(number, 'int32');
  known.set(tensor.dataId, number);
  return tensor;
}

/** The number in a count. */
export const numberOf = (count: Tensor): number => known.get(count.dataId) ?? count.dataSync()[0];
