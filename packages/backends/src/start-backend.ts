import { engine, ready, setBackend } from '@tensorflow/tfjs-core';
import { isNode } from './node-modules.js';
import { quietCpu } from './quiet-cpu.js';
import { importTensorflow } from './tensorflow.js';
import type { GpuAdapter } from './webgpu/adapter.js';
import { startWebgpu } from './webgpu/gpu-backend.js';

/** What a program in Node can compute on: `tensorflow` is TensorFlow's own library, through tfjs-node or tfjs-node-gpu. */
export const BACKENDS = ['wasm', 'webgpu', 'cpu', 'tensorflow'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface StartOptions {
  /** Whether wasm gets the kernels of @evenkeel/wasm-kernels. Default: true. */
  kernels?: boolean;
}

/** What {@link startBackend} started. */
export interface StartedBackend {
  readonly name: string;
  /** On webgpu: what computes. */
  readonly adapter?: GpuAdapter;
  /** What one should know before one waits for it, in a sentence. */
  readonly warning?: string;
}

/**
 * Starts a tfjs backend and makes it the current one: `wasm`, with our kernels; `webgpu`, on any GPU, by npm's `webgpu`;
 * `cpu`; `tensorflow`, if tfjs-node is installed; or any that the program has registered.
 *
 * On webgpu numbers are read with `data()`: `dataSync()` of a tensor on the GPU is an error.
 *
 * @throws If it cannot start, with what to install. Nothing has changed then.
 */
export async function startBackend(
  name: BackendName | (string & {}) = 'wasm',
  { kernels = true }: StartOptions = {},
): Promise<StartedBackend> {
  const known = new Set<string>([...BACKENDS, ...Object.keys(engine().registryFactory)]);
  if (!known.has(name)) {
    throw new Error(`startBackend: '${name}' is no backend, expected one of ${[...known].join(', ')}.`);
  }
  const before = engine().backendName;
  try {
    return await start(name, kernels);
  } catch (error) {
    if (before && Object.hasOwn(engine().registryFactory, before)) await setBackend(before);
    throw new Error(`startBackend: ${name} does not start: ${(error as Error).message}.`);
  }
}

async function start(name: string, kernels: boolean): Promise<StartedBackend> {
  if (name === 'webgpu') {
    const adapter = await startWebgpu();
    return { name, adapter, ...(adapter.isSoftware ? { warning: softwareWarning(adapter) } : {}) };
  }
  if (isNode()) process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (name === 'tensorflow') await importTensorflow();
  const isThere = Object.hasOwn(engine().registryFactory, name) && (await setBackend(name));
  if (!isThere)
    throw new Error('tfjs cannot use it here. Import the package that registers it, or take wasm');
  await ready();
  if (name === 'cpu') quietCpu();
  if (name === 'wasm' && kernels) {
    const { installWasmKernels } = await import('@evenkeel/wasm-kernels');
    await installWasmKernels();
  }
  return { name };
}

const softwareWarning = ({ name }: GpuAdapter): string =>
  `webgpu computes on ${name}, which is a program and no GPU: expect it to be hundreds of times slower than wasm. Install the driver of your GPU, or take the wasm backend.`;
