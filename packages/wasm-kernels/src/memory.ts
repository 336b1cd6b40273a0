import { type DataId, type DataType, engine, memory, util } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';

/** What wasm addresses with 32 bits. */
const LIMIT = 2 ** 32;
/** What the allocator may take beyond what was asked for, and what tfjs's own code takes without asking here. */
const MARGIN = 2 ** 20;

/**
 * Makes every allocation of a backend succeed or throw: of results, of tensors from values or from another backend,
 * of scratch space. tfjs takes the 0 of a failed allocation for an address, and writes from there on over what belongs
 * to others; a size beyond 4 GiB it cuts to 32 bits.
 *
 * Near the end of memory tfjs's allocator itself cannot be asked: where an address and a size add up to more than 32
 * bits can say, it gives a block that lies past the end. So it is asked only where that cannot be, or where a gap
 * between the blocks of tensors has room.
 *
 * @returns A function that undoes it.
 */
export function guardMemory(backend: WasmBackend): () => void {
  const { wasm, dataIdMap } = backend;
  wasm._free(wasm._malloc(1)); // each puts another function in its own place when it is first called
  const { _malloc, _free } = wasm;
  const { dataMover } = dataIdMap;
  const blocks = new Blocks();
  const allocate = (bytes: number): number => {
    const at = blocks.mayHold(bytes) ? _malloc(bytes) >>> 0 : 0;
    if (bytes > 0 && (at === 0 || at + bytes > wasm.asm.memory.buffer.byteLength)) {
      throw new Error(fullMemory(bytes));
    }
    blocks.add(at, bytes);
    return at;
  };
  const free = (at: number): void => {
    blocks.delete(at >>> 0);
    _free(at);
  };
  wasm._malloc = allocate;
  wasm._free = free;
  // tfjs-core frees a tensor's data before the backend it moves to has room for it: see first whether it has.
  dataIdMap.dataMover = {
    moveData(target, dataId) {
      if (target === backend) free(allocate(bytesOf(dataId)));
      dataMover.moveData(target, dataId);
    },
  };
  return () => {
    if (wasm._malloc === allocate) wasm._malloc = _malloc;
    if (wasm._free === free) wasm._free = _free;
    dataIdMap.dataMover = dataMover;
  };
}

/** The blocks of memory that are in use, as far as they were taken here. */
class Blocks {
  private readonly sizes = new Map<number, number>();
  /** The end of the last block there ever was. */
  private end = 0;

  add(at: number, bytes: number): void {
    this.sizes.set(at, bytes);
    this.end = Math.max(this.end, at + bytes);
  }

  delete(at: number): void {
    this.sizes.delete(at);
  }

  /** Whether the allocator can be asked for so many bytes. */
  mayHold(bytes: number): boolean {
    return this.end + bytes + MARGIN < LIMIT || this.largestGap() >= 2 * bytes + MARGIN / 16;
  }

  /** Twice the size is asked of a gap, since tfjs's own code may have put something small into it. */
  private largestGap(): number {
    let [largest, end] = [0, Number.POSITIVE_INFINITY];
    for (const [at, bytes] of [...this.sizes].sort(([a], [b]) => a - b)) {
      largest = Math.max(largest, at - end);
      end = at + bytes;
    }
    return Math.max(largest, this.end - end);
  }
}

/** Bytes of a tensor, wherever its data are; 0 of strings, which are not kept in wasm memory. */
function bytesOf(dataId: DataId): number {
  const { tensorInfo } = engine().state as unknown as {
    tensorInfo: WeakMap<DataId, { shape: number[]; dtype: DataType }>;
  };
  const info = tensorInfo.get(dataId);
  if (!info || info.dtype === 'string' || info.dtype === 'complex64') return 0;
  return util.sizeFromShape(info.shape) * util.bytesPerElement(info.dtype);
}

function fullMemory(bytes: number): string {
  const mebibytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`;
  return (
    `wasm backend: ${mebibytes(bytes)} of memory came to be allocated, expected as much to be free of ` +
    `${mebibytes(LIMIT)}, of which tensors hold ${mebibytes(memory().numBytes)}. ` +
    'Dispose tensors, or take a smaller batch, context or model.'
  );
}
