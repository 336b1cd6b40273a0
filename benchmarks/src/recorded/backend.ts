import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

/** Tensors on wasm, with our kernels or tfjs's own. */
export async function useBackend(kernels: 'evenkeel' | 'tfjs'): Promise<void> {
  await tf.setBackend('wasm');
  if (kernels === 'tfjs') return uninstallWasmKernels();
  const { installed, reason } = await installWasmKernels();
  if (!installed) throw new Error(`results: our kernels are not in use: ${reason}.`);
}
