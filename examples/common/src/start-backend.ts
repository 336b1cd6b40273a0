import { BACKENDS, type BackendName, startBackend as start } from '@evenkeel/backends';
import { installBlas } from '@evenkeel/blas';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';

export { BACKENDS, type BackendName };

/** What `--no-blas` of an example does. */
export const NO_BLAS = 'leave matrix products to the wasm kernels where the machine has a BLAS';

/** Whether products go to the machine's BLAS where there is one, and on how many threads. */
export interface BlasChoice {
  blas?: boolean;
  threads?: number;
}

/**
 * Starts a backend; `wasm` with our kernels and the machine's BLAS, the fastest that needs nothing but Node, and says so in a
 * line. From now on errors end the program with a sentence.
 *
 * @throws If it does not start, with what to install.
 */
export async function startBackend(name: BackendName = 'wasm', choice: BlasChoice = {}): Promise<void> {
  process.prependListener('uncaughtException', exitWith).prependListener('unhandledRejection', exitWith);
  const { warning } = await start(name);
  if (warning) console.log(warning);
  if (name !== 'wasm') return;
  const blas = await startWasm(choice);
  if (blas) console.log(`products by ${blas} (--no-blas: by wasm)`);
}

/**
 * Installs our kernels and the machine's BLAS on wasm.
 *
 * @returns Which library that is, in words; nothing where there is none, or it is not wanted.
 */
export async function startWasm({ blas = true, threads }: BlasChoice): Promise<string | undefined> {
  await installWasmKernels();
  return blas ? (await installBlas({ threads })).summary : undefined;
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

/** How much tfjs's wasm backend can hold: its memory ends at 4 GiB. */
const WASM_BYTES = 4294901760;

/**
 * Says beforehand that a model is too large, rather than after minutes of loading.
 *
 * @param numbers How many numbers must be in memory at once.
 * @throws If they do not fit.
 */
export function requireMemory(numbers: number): void {
  const bytes = 4 * numbers;
  if (tf.getBackend() !== 'wasm' || bytes <= WASM_BYTES) return;
  throw new Error(
    `startBackend: weights, gradients and the optimizer's memory take ${(bytes / 1e9).toFixed(1)} GB, expected at most ` +
      `${(WASM_BYTES / 1e9).toFixed(1)} GB on the wasm backend. Take --backend webgpu or tensorflow (or cpu, which is slow), ` +
      'or train only the last blocks, as with --blocks 1.',
  );
}
