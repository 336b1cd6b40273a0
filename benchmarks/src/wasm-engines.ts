import { isDeepStrictEqual } from 'node:util';
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
  /** The machine's BLAS for products. */
  'evenkeel+blas': {},
} satisfies Record<string, Kernels>;

export type WasmEngine = keyof typeof ENGINES;
export const WASM_ENGINES = Object.keys(ENGINES) as WasmEngine[];

/** The engines of a list with commas, as `--engines` takes them. */
export function enginesNamed(list: string): WasmEngine[] {
  const names = list.split(',');
  const unknown = names.find((name) => !(name in ENGINES));
  if (unknown === undefined) return names as WasmEngine[];
  throw new Error(`--engines has '${unknown}', expected some of ${WASM_ENGINES.join(',')}.`);
}

/** The kernels that are in place: compiled anew, they would be slow at first. */
let kernels: Kernels | null = null;
let blasThreads = 0;

/**
 * Installs one of them in place of another.
 *
 * @param threads Of a product of the BLAS. Default 1.
 */
export async function installEngine(engine: WasmEngine, threads = 1): Promise<void> {
  const wanted = engine === 'evenkeel+blas' ? threads : 0;
  if (!isDeepStrictEqual(kernels, ENGINES[engine])) {
    uninstallEngine();
    await installWasmKernels(ENGINES[engine]);
    kernels = ENGINES[engine];
  }
  if (wanted === blasThreads) return;
  uninstallBlas();
  blasThreads = wanted;
  if (wanted === 0) return;
  const blas = await installBlas({ threads });
  if (!blas.installed) throw new Error(`${engine}: ${blas.reason}`);
}

/** Leaves stock tfjs. */
export function uninstallEngine(): void {
  uninstallBlas();
  uninstallWasmKernels();
  kernels = null;
  blasThreads = 0;
}
