import { Tensor, type TensorContainer } from '@tensorflow/tfjs-core';

/** Whatever a model takes: a tensor, or several in arrays and objects. */
export type Tensors = TensorContainer;

/** What one step learns from. `{ xs, ys }`, as tf.data has it, is taken as well. */
export interface Batch {
  /** What the model is given. */
  readonly inputs: Tensors;
  /** What the loss compares the model's outputs with. Self-supervised batches have none. */
  readonly targets?: Tensors;
}

/** All tensors in a batch, also those of fields that only the user's own step knows. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(tensorsIn);
}

/** How much is in a batch: tokens where inputs are whole numbers of shape [batch, time], else examples. */
export function countOf({ inputs }: Batch): { unit: 'tokens' | 'examples'; count: number } {
  const [first] = tensorsIn(inputs);
  if (first?.dtype === 'int32' && first.rank === 2) return { unit: 'tokens', count: first.size };
  return { unit: 'examples', count: first?.shape[0] ?? 0 };
}

/**
 * Checks what data gave, and names its parts as we do.
 *
 * @throws If it is no batch, or holds a tensor that has been disposed.
 */
export function asBatch(value: unknown): Batch {
  if (value === null || typeof value !== 'object') {
    throw new Error(`train: data gave ${String(value)}, expected { inputs, targets } with tensors.`);
  }
  const batch = 'xs' in value && !('inputs' in value) ? renamed(value) : value;
  if (!('inputs' in batch)) {
    const fields = Object.keys(batch).join(', ');
    throw new Error(`train: data gave an object with { ${fields} }, expected { inputs, targets }.`);
  }
  if (tensorsIn(batch).some((tensor) => tensor.isDisposed)) {
    throw new Error(
      'train: data gave a batch with a disposed tensor, expected live ones. Batches are freed once they are used: make ' +
        'new tensors for each, pass an array of batches, or tf.keep() those that come again.',
    );
  }
  return batch as Batch;
}

const renamed = ({ xs, ys, ...rest }: { xs: unknown; ys?: unknown }): object => ({
  ...rest,
  inputs: xs,
  targets: ys,
});
