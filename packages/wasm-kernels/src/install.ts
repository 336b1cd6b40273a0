import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { runningBackend, whyUnsupported } from './backend.js';
import { hasRelaxedSimd, hasSimd } from './features.js';
import { repairMatMulGradient } from './gradients.js';
import { kernelFunc } from './kernel.js';
import { kernels } from './kernels/index.js';
import { compileModule, Instances } from './module.js';

export interface InstallOptions {
  /**
   * Whether to use relaxed SIMD where the engine has it. It is faster, and its last digit differs
   * from one make of CPU to another; `false` gives the same bits everywhere.
   */
  relaxedSimd?: boolean;
}

/** What {@link installWasmKernels} did. */
export interface InstallReport {
  /** False if the backend is not one that the kernels know; tfjs then works as before. */
  installed: boolean;
  /** Why not, if not. */
  reason?: string;
  simd: boolean;
  relaxedSimd: boolean;
  /** Names of the kernels now registered. */
  kernels: string[];
  /** {@link uninstallWasmKernels}. */
  uninstall(): void;
}

let current: Promise<InstallReport> | null = null;
let undo: (() => void) | null = null;

/**
 * Replaces the slow kernels of tfjs's wasm backend by fast ones and adds those it lacks. Every tfjs
 * program in the process gains from it, unchanged.
 *
 * Calling it again changes nothing and returns the same report. Where the backend is not as in
 * tfjs 4.22, it says why on the console and leaves tfjs's kernels in place.
 *
 * @throws If no wasm backend is running.
 */
export function installWasmKernels(options: InstallOptions = {}): Promise<InstallReport> {
  current ??= install(options).finally(() => {
    if (!undo) current = null; // refused or failed: the next call looks again
  });
  return current;
}

/** Puts tfjs's own kernels back and frees the memory that ours used. */
export function uninstallWasmKernels(): void {
  undo?.();
  undo = null;
  current = null;
}

async function install({ relaxedSimd: relaxedAllowed = true }: InstallOptions): Promise<InstallReport> {
  const backend = runningBackend();
  if (!backend) {
    throw new Error(
      "installWasmKernels: no wasm backend is running, expected one. Import '@tensorflow/tfjs-backend-wasm' and " +
        "call await tf.setBackend('wasm') first.",
    );
  }
  const simd = hasSimd();
  const relaxedSimd = simd && relaxedAllowed && hasRelaxedSimd();
  const reason = whyUnsupported(backend) ?? (simd ? null : 'this engine has no WebAssembly SIMD');
  if (reason !== null) {
    console.warn(`installWasmKernels: tfjs's own kernels stay in place: ${reason}.`);
    return { installed: false, reason, simd, relaxedSimd, kernels: [], uninstall: uninstallWasmKernels };
  }

  const instances = new Instances(await compileModule(relaxedSimd));
  instances.of(backend); // fails here, before anything is replaced, if it cannot run
  const restore = [
    repairMatMulGradient(),
    ...kernels.map((kernel) => {
      const stock = getKernel(kernel.name, 'wasm');
      return replaceKernel(
        {
          ...stock,
          kernelName: kernel.name,
          backendName: 'wasm',
          kernelFunc: kernelFunc(kernel, (b) => instances.of(b), stock?.kernelFunc),
        },
        stock,
      );
    }),
  ];
  undo = () => {
    for (const f of restore) f();
    instances.dispose();
  };
  return {
    installed: true,
    simd,
    relaxedSimd,
    kernels: kernels.map(({ name }) => name),
    uninstall: uninstallWasmKernels,
  };
}

/** @returns A function that puts `stock` back, unless somebody else has replaced the kernel since. */
function replaceKernel(ours: KernelConfig, stock: KernelConfig | undefined): () => void {
  if (stock) unregisterKernel(ours.kernelName, 'wasm');
  registerKernel(ours);
  return () => {
    if (getKernel(ours.kernelName, 'wasm') !== ours) return;
    unregisterKernel(ours.kernelName, 'wasm');
    if (stock) registerKernel(stock);
  };
}
