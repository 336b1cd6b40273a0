import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { runningBackend, type WasmBackend, whyUnsupported } from './backend.js';
import { canRevectorize, hasRelaxedSimd, hasSimd, setRevectorize } from './features.js';
import { repairMatMulGradient } from './gradients.js';
import { kernelFunc } from './kernel.js';
import { kernels } from './kernels/index.js';
import { type Build, compileModule, Instances } from './module.js';
import { whyProductsAreWrong } from './verify-products.js';

export interface InstallOptions {
  /**
   * Whether to use relaxed SIMD where the engine has it. It is faster, and its last digit differs
   * from one make of CPU to another; `false` gives the same bits everywhere.
   */
  relaxedSimd?: boolean;
  /**
   * Whether V8 shall compile the kernels for vectors of 256 bits, in Node 22 and later. This sets an experimental flag
   * of V8, `--experimental-wasm-revectorize`, for the process. Products are compared with exact ones first; if they
   * differ, the flag is unset again. Default `false`.
   */
  revectorize?: boolean;
}

/** What {@link installWasmKernels} did. */
export interface InstallReport {
  /** False if the backend is not one that the kernels know; tfjs then works as before. */
  installed: boolean;
  /** Why not, if not. */
  reason?: string;
  simd: boolean;
  relaxedSimd: boolean;
  /** Whether V8 was asked for vectors of 256 bits. */
  revectorize: boolean;
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

async function install(options: InstallOptions): Promise<InstallReport> {
  const { relaxedSimd: relaxedAllowed = true, revectorize: wide = false } = options;
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
    const refused = { installed: false, reason, simd, relaxedSimd, revectorize: false, kernels: [] };
    return { ...refused, uninstall: uninstallWasmKernels };
  }

  const widest = wide && canRevectorize() ? await startRevectorized(backend, relaxedSimd) : null;
  const instances = widest ?? (await start(backend, { relaxedSimd, revectorize: false }));
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
    if (widest) setRevectorize(false);
  };
  return {
    installed: true,
    simd,
    relaxedSimd,
    revectorize: widest !== null,
    kernels: kernels.map(({ name }) => name),
    uninstall: uninstallWasmKernels,
  };
}

/** Fails here, before anything is replaced, if the module cannot run on the backend. */
async function start(backend: WasmBackend, build: Build): Promise<Instances> {
  const instances = new Instances(await compileModule(build));
  instances.of(backend);
  return instances;
}

/** The module, compiled for vectors of 256 bits; null, with the flag unset, if its products are wrong. */
async function startRevectorized(backend: WasmBackend, relaxedSimd: boolean): Promise<Instances | null> {
  setRevectorize(true);
  const instances = await start(backend, { relaxedSimd, revectorize: true });
  const wrong = await whyProductsAreWrong(backend, instances.of(backend));
  if (wrong === null) return instances;
  setRevectorize(false);
  instances.dispose();
  console.warn(`installWasmKernels: vectors of 128 bits are used, since with revectorize ${wrong}.`);
  return null;
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
