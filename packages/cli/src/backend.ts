import { UsageError } from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';

export interface BackendOptions {
  readonly backend: string;
  readonly kernels: boolean;
}

/** Flags for where numbers are computed. */
export const addBackendFlags = (command: Command): Command =>
  command
    .option('--backend <name>', 'tfjs backend: wasm, cpu, or tensorflow if you have tfjs-node', 'wasm')
    .option('--no-kernels', 'keep tfjs’s own wasm kernels');

/**
 * Chooses the tfjs backend, and installs our kernels on wasm.
 *
 * @throws If the backend is not there.
 */
export async function useBackend({ backend, kernels }: BackendOptions): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (backend === 'tensorflow') await importTfjsNode();
  const isThere = tf.engine().registryFactory[backend] !== undefined && (await tf.setBackend(backend));
  if (!isThere) {
    const known = Object.keys(tf.engine().registryFactory).join(', ');
    throw new UsageError(`--backend is '${backend}', expected one of ${known}, wasm. See evenkeel doctor.`);
  }
  await tf.ready();
  if (backend === 'cpu') quietCpu();
  if (backend !== 'wasm' || !kernels) return;
  const { installWasmKernels } = await import('@evenkeel/wasm-kernels');
  await installWasmKernels();
}

/** Uses the current backend for the first time, at which the cpu backend advertises tfjs-node unless it is in a test. */
export function quietCpu(): void {
  tf.env().set('IS_TEST', true);
  tf.scalar(0).dispose();
  tf.env().set('IS_TEST', false);
}

/** Not a dependency: it downloads a library of its own when it is installed. */
async function importTfjsNode(): Promise<void> {
  const name = '@tensorflow/tfjs-node';
  try {
    await import(name);
  } catch (error) {
    throw new UsageError(
      `--backend is 'tensorflow' and ${name} cannot be loaded (${(error as Error).message.split('\n')[0]}). npm install ${name}`,
    );
  }
}
