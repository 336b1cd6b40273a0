import { clone, dispose, keep, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { namedAs, type Weights } from '../check-weights.js';

/** The numbers of one tensor, of each model in turn. */
export type Merge = (
  values: readonly Float32Array[],
  name: string,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/**
 * Merges models one tensor at a time, in float64 on the host, so that no more than one tensor of each is read back at once.
 * Integer and boolean tensors are those of the first.
 *
 * @returns Kept tensors under the names of the first model, the caller's to dispose.
 */
export async function tensorByTensor(
  where: string,
  models: readonly Weights[],
  merge: Merge,
): Promise<Record<string, Tensor>> {
  const alike = models.map((model) => namedAs(where, models[0], model));
  const result: Record<string, Tensor> = {};
  try {
    for (const [name, first] of Object.entries(models[0])) {
      const values = await Promise.all(alike.map((model) => model[name].data()));
      result[name] = keep(
        first.dtype === 'float32'
          ? tensor(Float32Array.from(await merge(values as Float32Array[], name)), first.shape)
          : clone(first),
      );
    }
    return result;
  } catch (error) {
    dispose(result);
    throw error;
  }
}
