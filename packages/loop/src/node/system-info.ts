import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { getBackend, getKernelsForBackend, version_core } from '@tensorflow/tfjs-core';

/** The machine's BLAS, where one computes the products of the wasm backend. */
export interface BlasInfo {
  readonly name: string;
  readonly version?: string;
  /** For which processor the code that it runs was written. */
  readonly kernel?: string;
  readonly threads?: number;
}

/** The system on which a run was computed, for its records. */
export interface SystemInfo {
  readonly backend: string;
  readonly tfjs: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** How many kernels of @evenkeel/wasm-kernels, or of others for our ops, the backend has. */
  readonly kernels: number;
  /** What @evenkeel/blas has found to compute products; null: nothing, or it is not used. */
  readonly blas: BlasInfo | null;
  /** The commit of the repository that the program runs in, with `+` if files have changed; null outside of one. */
  readonly commit: string | null;
  readonly date: string;
}

export function systemInfo(): SystemInfo {
  const processors = cpus();
  return {
    backend: getBackend(),
    tfjs: version_core,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernels: getKernelsForBackend(getBackend()).filter(({ kernelName }) => /^Evenkeel/.test(kernelName))
      .length,
    blas: getBackend() === 'wasm' ? blasInUse() : null,
    commit: commitHere(),
    date: new Date().toISOString(),
  };
}

/** @evenkeel/blas says under this symbol what it uses, so that nothing needs to be imported here. */
const blasInUse = (): BlasInfo | null =>
  ((globalThis as Record<symbol, unknown>)[Symbol.for('evenkeel.blas')] as BlasInfo | undefined) ?? null;

function commitHere(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '');
  } catch {
    return null; // no git, or no repository
  }
}
