import { type DataId, type DataType, engine, type TensorInfo, version_core } from '@tensorflow/tfjs-core';

/** The parts of tfjs's wasm backend that the kernels use, as they are in tfjs 4.22. */
export interface WasmBackend {
  wasm: {
    asm: { memory: WebAssembly.Memory };
    HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(offset: number): void;
  };
  dataIdMap: {
    get(id: DataId): { memoryOffset: number };
    /** What moves a tensor's data here from the backend that has them. */
    dataMover: { moveData(target: unknown, id: DataId): void };
  };
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
  incRef(id: DataId): void;
  disposeData(id: DataId, force?: boolean): boolean;
}

/** The tfjs versions whose wasm backend was tested. */
const TESTED = /^4\.22\./;

/** The running wasm backend, or null if none was started. */
export function runningBackend(): WasmBackend | null {
  return (engine().registry.wasm as unknown as WasmBackend | undefined) ?? null;
}

/** Why the kernels cannot run on this backend, in words; null if they can. */
export function whyUnsupported(backend: WasmBackend): string | null {
  if (!TESTED.test(version_core)) return `tfjs-core is ${version_core}, tested was 4.22`;
  const heap = backend.wasm?.HEAPU8?.buffer;
  if (typeof SharedArrayBuffer !== 'undefined' && heap instanceof SharedArrayBuffer) {
    return (
      'tfjs runs its threaded module, whose shared memory these kernels cannot use; ' +
      "call tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before the backend starts"
    );
  }
  const memory = backend.wasm?.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory))
    return "the memory of tfjs's wasm module is not where 4.22 has it";
  const { wasm, dataIdMap } = backend;
  const { moveData } = dataIdMap?.dataMover ?? {};
  const functions = [wasm._malloc, wasm._free, dataIdMap?.get, moveData, backend.makeOutput, backend.incRef];
  if (heap !== memory.buffer || functions.some((f) => typeof f !== 'function')) {
    return 'the backend is not built as in tfjs 4.22';
  }
  return null;
}

/** Where a tensor's numbers start, in bytes from the start of wasm memory. */
export function offsetOf(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}
