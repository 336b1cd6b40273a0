import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

/** tfjs's wasm backend with our kernels: the fastest that needs nothing but Node. Errors end the program with a sentence. */
export async function startBackend(): Promise<void> {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.prependListener(event, exitWith);
  await tf.setBackend('wasm');
  await installWasmKernels();
}

/**
 * Ours say what to do, and where they come from does not matter; of others the stack is shown. tfjs's wasm backend would
 * print all of its source instead.
 */
function exitWith(error: unknown): never {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(/^[\w.-]+: /.test(message) ? message : stack);
  process.exit(1);
}
