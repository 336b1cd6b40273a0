import { getBackend, type Tensor } from '@tensorflow/tfjs-core';

/** What to do where nothing else can be done. */
export const TAKE_WASM = "Use tf.setBackend('wasm') for it.";

/**
 * Reads a tensor in the midst of a computation that cannot wait.
 *
 * @param instead What to do where that is impossible.
 * @throws On webgpu, which may read zeros that way, or nothing.
 */
export function readNow(caller: string, tensor: Tensor, instead: string): ArrayLike<number> {
  if (getBackend() !== 'webgpu') return tensor.dataSync();
  throw new Error(
    `${caller}: the backend is webgpu, which is not reliable where it is read in the midst of a computation, expected wasm, cpu or webgl. ${instead}`,
  );
}
