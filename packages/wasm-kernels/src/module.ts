import type { DataId } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import type { Functions } from './functions.js';
import { RELAXED_SIMD, SIMD } from './generated/modules.js';
import { guardMemory } from './memory.js';
import { productImport } from './products.js';

/** The module, on the memory of one backend. */
export interface Instance {
  functions: Functions;
  /** Memory from the backend's own allocator, {@link Functions.gemmScratchBytes} long. */
  scratch: number;
  /** What the kernel that runs has made so far; null while none does. */
  made: DataId[] | null;
  /** Leaves the backend as it was. */
  release(): void;
}

/** How a module is compiled. */
export interface Build {
  relaxedSimd: boolean;
  /** Whether V8's revectorizer is on while it is. */
  revectorize: boolean;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Decodes and compiles one of the two embedded builds; once, so that what the engine optimised stays. */
export function compileModule({ relaxedSimd, revectorize }: Build): Promise<WebAssembly.Module> {
  const key = `${relaxedSimd} ${revectorize}`;
  let module = compiled.get(key);
  if (!module) {
    const text = atob(relaxedSimd ? RELAXED_SIMD : SIMD);
    module = WebAssembly.compile(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    compiled.set(key, module);
  }
  return module;
}

/**
 * Starts the module on the memory of any backend it is asked for: a program can remove the wasm
 * backend and start it again, and the new one has a memory of its own.
 */
export class Instances {
  private readonly instances = new Map<WasmBackend, Instance>();

  constructor(private readonly module: WebAssembly.Module) {}

  /** Throws if the backend has no memory left for the scratch space. */
  of(backend: WasmBackend): Instance {
    return this.instances.get(backend) ?? this.start(backend);
  }

  /** Gives all scratch memory back. */
  dispose(): void {
    for (const [backend, instance] of this.instances) if (backend.wasm) instance.release();
    this.instances.clear();
  }

  private start(backend: WasmBackend): Instance {
    const { wasm } = backend;
    const { memory } = wasm.asm;
    const imports = { env: { memory }, host: { product: productImport(memory) } };
    const functions = new WebAssembly.Instance(this.module, imports).exports as unknown as Functions;
    const unguard = guardMemory(backend);
    const scratch = takeScratch(wasm, functions.gemmScratchBytes(), unguard);
    const { makeOutput } = backend;
    const instance: Instance = {
      functions,
      scratch,
      made: null,
      release() {
        wasm._free(scratch);
        unguard();
        if (backend.makeOutput === recording) backend.makeOutput = makeOutput;
      },
    };
    const recording: WasmBackend['makeOutput'] = (...rest) => {
      const output = makeOutput.apply(backend, rest);
      instance.made?.push(output.dataId);
      return output;
    };
    backend.makeOutput = recording;
    this.instances.set(backend, instance);
    return instance;
  }
}

/** Scratch memory; puts the backend back as it was if there is none. */
function takeScratch(wasm: WasmBackend['wasm'], bytes: number, unguard: () => void): number {
  try {
    return wasm._malloc(bytes);
  } catch (error) {
    unguard();
    throw error;
  }
}
