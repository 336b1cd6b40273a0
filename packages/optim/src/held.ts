import { type DataId, scalar, type Tensor, util, type Variable } from '@tensorflow/tfjs-core';
import type { State } from './transform.js';

/**
 * The tensor that a parameter remembers under `slot`, if it does.
 *
 * @throws If it has another shape than the parameter: state of another model would broadcast unseen.
 */
export function heldTensor(
  where: string,
  param: Variable,
  held: State | undefined,
  slot: string,
): Tensor | undefined {
  const tensor = held?.[slot] as Tensor | undefined;
  if (tensor && !util.arraysEqual(tensor.shape, param.shape)) {
    throw new Error(
      `${where}: the state '${slot}' of parameter '${param.name}' has shape [${tensor.shape}], ` +
        `expected [${param.shape}]. Load the checkpoint that was saved with this model.`,
    );
  }
  return tensor;
}

/** Counts whose number is known on the host, so that only those of a checkpoint are ever read back, once. */
const known = new WeakMap<DataId, number>();

/** A count that can be held as state. */
export function countOf(number: number): Tensor {
  const tensor = scalar(number, 'int32');
  known.set(tensor.dataId, number);
  return tensor;
}

/**
 * The count that a parameter remembers under `slot`; 0 if it remembers none.
 *
 * @throws If it is no whole number, as in a damaged checkpoint.
 */
export function heldCount(where: string, param: Variable, held: State | undefined, slot: string): number {
  const tensor = held?.[slot] as Tensor | undefined;
  if (!tensor) return 0;
  const isScalar = tensor.size === 1;
  const count = known.get(tensor.dataId) ?? (isScalar ? tensor.dataSync()[0] : Number.NaN);
  if (isScalar && Number.isInteger(count) && count >= 0) return count;
  throw new Error(
    `${where}: the count '${slot}' of parameter '${param.name}' is ${isScalar ? count : `of shape [${tensor.shape}]`}, ` +
      `expected a whole number ≥ 0. The checkpoint is damaged; load an earlier one.`,
  );
}
