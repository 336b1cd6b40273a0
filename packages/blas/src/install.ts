import { installWasmKernels, replaceProducts } from '@evenkeel/wasm-kernels';
import { chooseBlas, type Refusal } from './choose.js';
import { blasFiles, howToGetOne } from './files.js';
import { type BlasInfo, describeBlas, publish } from './in-use.js';
import { loadBlas } from './library.js';
import { isNode, koffiModule, nodeThreads } from './node-modules.js';

export interface BlasOptions {
  /**
   * How many threads a product may use. Default: what the library uses by itself, which is all processors unless an
   * environment variable of its own says otherwise; 1 in a worker thread. The number holds for the whole process.
   */
  threads?: number;
}

/** What {@link installBlas} did. */
export interface BlasReport extends Partial<BlasInfo> {
  /** Whether a BLAS computes products now. If not, the kernels do as before. */
  installed: boolean;
  /** If not: why, and what to do, in a sentence or two. */
  reason?: string;
  /** Name or path under which it was loaded. */
  file?: string;
  /** What {@link describeBlas} says of it. */
  summary?: string;
  /** Libraries that were there and were not taken. */
  refused: Refusal[];
  /** {@link uninstallBlas}. */
  uninstall(): void;
}

let current: Promise<BlasReport> | null = null;
let undo: (() => void) | null = null;

/**
 * Lets the machine's BLAS compute the matrix products of tfjs's wasm backend wherever it is faster than the kernels of
 * @evenkeel/wasm-kernels, which it installs first if they are not. Nothing is copied: a BLAS reads and writes wasm memory.
 *
 * It takes the first library that can be loaded and multiplies as float64 does: the one at the path in the environment
 * variable EVENKEEL_BLAS and no other, if that is set; else Accelerate, MKL, OpenBLAS or BLIS.
 *
 * Calling it again changes nothing and returns the same report.
 *
 * @throws If no wasm backend is running, or `threads` is no whole number of at least 1.
 */
export async function installBlas(options: BlasOptions = {}): Promise<BlasReport> {
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new Error(
      `installBlas: threads is ${threads}, expected a whole number of at least 1. Leave it out for the library's own.`,
    );
  }
  current ??= install(threads).finally(() => {
    if (!undo) current = null; // refused or failed: the next call looks again
  });
  return current;
}

/** Gives the products back to the kernels, and the library its number of threads. */
export function uninstallBlas(): void {
  undo?.();
  undo = null;
  current = null;
}

async function install(threads: number | undefined): Promise<BlasReport> {
  const refused: Refusal[] = [];
  const failure = (reason: string) => ({ installed: false, reason, refused, uninstall: uninstallBlas });
  const kernels = await installWasmKernels();
  if (!kernels.installed) return failure(`The wasm kernels are not installed: ${kernels.reason}.`);
  if (!isNode()) {
    return failure(
      'A page cannot load libraries of the machine: @evenkeel/blas works in Node. The wasm kernels do the work.',
    );
  }
  const koffi = await koffiModule().catch((error: Error) => error);
  if (koffi instanceof Error) {
    return failure(`The package koffi cannot be loaded (${koffi.message}). Install it again on this system.`);
  }
  const files = blasFiles(process.platform, process.env);
  const { isMainThread } = await nodeThreads();
  const load = (file: string) => loadBlas(koffi, file, isMainThread);
  const choice = chooseBlas(files, load, threads ?? (isMainThread ? undefined : 1), refused);
  if (!choice) return failure(whyNone(refused));

  const { blas, multiply, restoreThreads } = choice;
  const giveBack = replaceProducts(multiply);
  const { name, version, kernel, file } = blas;
  const info: BlasInfo = { name, version, kernel, threads: blas.threads?.get() };
  publish(info);
  undo = () => {
    publish(undefined);
    giveBack();
    restoreThreads();
  };
  return { installed: true, ...info, file, summary: describeBlas(info), refused, uninstall: uninstallBlas };
}

function whyNone(refused: readonly Refusal[]): string {
  const { EVENKEEL_BLAS: path } = process.env;
  const how = howToGetOne(process.platform);
  if (refused.length > 0) {
    return `No BLAS can be used. ${refused.map(({ file, reason }) => `${file}: ${reason}`).join('; ')}. ${how}`;
  }
  return path ? `EVENKEEL_BLAS is '${path}', which cannot be loaded. ${how}` : `No BLAS was found. ${how}`;
}
