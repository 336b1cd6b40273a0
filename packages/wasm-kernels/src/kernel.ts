import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { offsetOf, type WasmBackend } from './backend.js';
import type { Functions } from './functions.js';
import type { Instance } from './module.js';

/** What a kernel gets: its tensors and attributes, and the means to compute. */
export interface Call {
  /** By tfjs's names; an optional input may be missing. */
  inputs: Record<string, TensorInfo>;
  attrs: NamedAttrMap;
  backend: WasmBackend;
  functions: Functions;
  /** Offset of scratch memory, valid during the call. */
  scratch: number;
  /** Where a tensor's numbers start. Ask after all outputs are made. */
  offset(tensor: TensorInfo): number;
  /** Runs the kernel that tfjs itself registered, for what this one leaves to it; with other `attrs` if given. */
  stock(attrs?: NamedAttrMap): TensorInfo | TensorInfo[];
}

/** A kernel of ours, under the name of the tfjs kernel that it replaces or of its own. */
export interface Kernel {
  name: string;
  /** Names of the attributes it understands; any other that is set is an error. */
  attrs: readonly string[];
  run(call: Call): TensorInfo | TensorInfo[];
}

/** Makes a function that tfjs can register of a kernel. */
export function kernelFunc(
  kernel: Kernel,
  instanceOf: (backend: WasmBackend) => Instance,
  stock?: KernelFunc,
): KernelFunc {
  return (args) => {
    const { inputs, backend } = args as unknown as Pick<Call, 'inputs' | 'backend'>;
    const attrs = args.attrs ?? {};
    checkAttrs(kernel, attrs);
    const instance = instanceOf(backend);
    const { functions, scratch } = instance;
    const run = () =>
      kernel.run({
        inputs,
        attrs,
        backend,
        functions,
        scratch,
        offset: (tensor) => offsetOf(backend, tensor),
        stock: (attrs) => {
          if (stock) return stock(attrs ? { ...args, attrs } : args);
          const came = Object.entries(inputs).map(
            ([name, { dtype, shape }]) => `${name}: ${dtype} [${shape}]`,
          );
          throw new Error(
            `${kernel.name}: got ${came.join(', ')}, which has no kernel on the wasm backend. Cast to float32.`,
          );
        },
      });
    return freeingOnError(instance, backend, run);
  };
}

/** Runs a kernel, and frees what it has made if it throws, for want of memory for one. Kernels may call others. */
function freeingOnError<T>(instance: Instance, backend: WasmBackend, run: () => T): T {
  const isInner = instance.made !== null;
  instance.made ??= [];
  const { made } = instance;
  const before = made.length;
  try {
    return run();
  } catch (error) {
    for (const dataId of made.splice(before)) backend.disposeData(dataId, true);
    throw error;
  } finally {
    if (!isInner) instance.made = null;
  }
}

function checkAttrs({ name, attrs: known }: Kernel, attrs: NamedAttrMap): void {
  for (const [key, value] of Object.entries(attrs)) {
    if (value == null || known.includes(key)) continue;
    throw new Error(
      `${name}: attribute '${key}' came, expected ${known.length > 0 ? known.join(', ') : 'none'}. ` +
        'Update @evenkeel/wasm-kernels, or call uninstallWasmKernels().',
    );
  }
}
