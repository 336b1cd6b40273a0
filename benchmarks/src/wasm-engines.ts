import { installBlas, uninstallBlas } from '@evenkeel/blas';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';

type Kernels = Parameters<typeof installWasmKernels>[0];

/**
 * How the wasm backend computes, under the names that benchmarks print. `evenkeel-revec` changes how V8 compiles the
 * whole process: time it in a process of its own.
 */
const ENGINES = {
  /** The kernels with relaxed SIMD. */
  evenkeel: {},
  /** Without relaxed SIMD. */
  'evenkeel-simd': { relaxedSimd: false },
  /** Vectors of 256 bits, in Node 22 and later. */
  'evenkeel-revec': { revectorize: true },
  /** The machine's BLAS for products, on one thread. */
  'evenkeel+blas': {},
} satisfies Record<string, Kernels>;

export type WasmEngine = keyof typeof ENGINES;
export const WASM_ENGINES = Object.keys(ENGINES) as WasmEngine[];

let installed: WasmEngine | null = null;

/** Installs one of them in place of another. */
export async function installEngine(engine: WasmEngine): Promise<void> {
  if (engine === installed) return;
  uninstallEngine();
  await installWasmKernels(ENGINES[engine]);
  if (engine === 'evenkeel+blas') {
    const blas = await installBlas({ threads: 1 });
    if (!blas.installed) throw new Error(`${engine}: ${blas.reason}`);
  }
  installed = engine;
}

/** Leaves stock tfjs. */
export function uninstallEngine(): void {
  uninstallBlas();
  uninstallWasmKernels();
  installed = null;
}
