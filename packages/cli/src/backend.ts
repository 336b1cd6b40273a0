import { BACKENDS, startBackend } from '@evenkeel/backends';
import { type BackendOptions, UsageError } from '@evenkeel/trainer/config';
import type { Command } from 'commander';
import { note, warn } from './output.js';

/** Where numbers are computed, as flags say it. */
export interface BackendFlags {
  readonly backend: string;
  readonly kernels: boolean;
  readonly blas: boolean;
  /** Say nothing for people. */
  readonly json?: boolean;
}

/** Flags for where numbers are computed. */
export const addBackendFlags = (command: Command): Command =>
  command
    .option(
      '--backend <name>',
      `what computes: ${BACKENDS.join(', ')}; evenkeel doctor says what is there`,
      'wasm',
    )
    .option('--no-kernels', 'keep tfjs’s own wasm kernels')
    .option('--no-blas', 'leave matrix products to the wasm kernels where the machine has a BLAS');

/**
 * Chooses the tfjs backend, and installs our kernels on wasm, and the machine's BLAS where there is one; says of that in a line.
 *
 * @param threads How many threads a product of a BLAS may use. Default: what the library uses by itself.
 * @returns What computes now.
 * @throws If the backend does not start.
 */
export async function useBackend(flags: BackendFlags, threads?: number): Promise<BackendOptions> {
  const { backend, kernels } = flags;
  try {
    const { warning } = await startBackend(backend, { kernels });
    if (warning) warn(warning);
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`${message.replace('startBackend:', '--backend:')} See evenkeel doctor.`);
  }
  if (backend !== 'wasm' || !kernels) return { backend, kernels };
  return { backend, kernels, blas: await useBlas(flags, threads) };
}

/** How many threads a BLAS may use in a run: one where the run's own threads share the processors; else what it uses by itself. */
export const blasThreads = ({ workers }: { workers: number }): number | undefined =>
  workers > 1 ? 1 : undefined;

/** The machine's BLAS, if it has one that is right. */
async function useBlas({ blas, json }: BackendFlags, threads?: number): Promise<BackendOptions['blas']> {
  const { installBlas, uninstallBlas } = await import('@evenkeel/blas');
  uninstallBlas(); // of a command before, in the same process
  if (!blas) return undefined;
  const { installed, name, version, kernel, summary, refused, reason, ...rest } = await installBlas({
    threads,
  });
  if (!installed || name === undefined) {
    if (refused.length > 0) warn(`${reason}`); // one that is wrong is worth a word, one that is missing is not
    return undefined;
  }
  if (!json) note(`products by ${summary} (--no-blas: by wasm)`);
  return { name, version, kernel, threads: rest.threads };
}

/** 'wasm with our kernels and OpenBLAS 0.3.21, Haswell kernel, 1 thread'. Where it differs, sums are rounded otherwise. */
export async function describeBackend({ backend, kernels, blas }: BackendOptions): Promise<string> {
  if (backend !== 'wasm' || !kernels) return backend;
  if (!blas) return `${backend} with our kernels`;
  const { describeBlas } = await import('@evenkeel/blas');
  return `${backend} with our kernels and ${describeBlas(blas)}`;
}
