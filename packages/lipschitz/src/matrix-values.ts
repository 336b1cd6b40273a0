import { getBackend, Tensor } from '@tensorflow/tfjs-core';

/** Values on the host: what a tensor holds, row-major. */
export interface MatrixValues {
  shape: readonly number[];
  data: ArrayLike<number>;
}

/**
 * A weight, as a tensor or as values already read from one.
 *
 * Values are for backends that cannot be read synchronously (webgpu in a headless browser returns zeros):
 * `{ shape: weight.shape, data: await weight.data() }`.
 */
export type WeightLike = Tensor | MatrixValues;

/**
 * Reads a weight to the host and checks it.
 *
 * @param caller Named in error messages.
 * @param name Of the weight, for error messages.
 * @throws If the shape does not match the data, or a value is not finite.
 */
export function matrixValues(weight: WeightLike, caller: string, name = 'the matrix'): MatrixValues {
  const { shape } = weight;
  const data = weight instanceof Tensor ? weight.dataSync() : weight.data;
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size) {
    throw new Error(
      `${caller}: ${name} has shape [${shape}] and ${data.length} values, expected ${size} values. ` +
        'Pass a tensor, or all of its values.',
    );
  }
  for (let i = 0; i < size; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new Error(
      `${caller}: ${name} has the value ${data[i]} at index ${i}, expected finite values. ` +
        'Nothing can be certified about such weights: go back to a checkpoint from before they appeared.',
    );
  }
  if (weight instanceof Tensor && getBackend() === 'webgpu') requireRealZeros(data, caller, name);
  return { shape, data };
}

/** tfjs 4.22 on webgpu may read zeros synchronously, silently, and zeros would be certified as harmless. */
function requireRealZeros(data: ArrayLike<number>, caller: string, name: string): void {
  if (data.length === 0 || Array.from(data).some((value) => value !== 0)) return;
  throw new Error(
    `${caller}: ${name} reads as zeros on webgpu, expected weights; this backend may fail to read synchronously. ` +
      'Pass { shape: weight.shape, data: await weight.data() }.',
  );
}
