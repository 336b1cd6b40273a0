import {
  type BackendValues,
  engine,
  type KernelBackend,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core';
import { describeAdapter, type GpuAdapter, infoOf, requestAdapter } from './adapter.js';

let running: { backend: KernelBackend; works(): boolean; adapter: GpuAdapter } | undefined;

/**
 * Puts tfjs's webgpu backend on the GPU and makes it the current one.
 *
 * It differs from tfjs's own in Node in what it does where that cannot go on: a synchronous read is an error that says so,
 * and once the GPU has failed or is gone, nothing can be read any more. Without that tfjs goes on with buffers that do not
 * exist, whose numbers are zeros. One that runs goes on; one that failed is replaced, and its tensors are gone.
 *
 * @throws If there is no WebGPU or no adapter, or the device does not start.
 */
export async function startWebgpu(): Promise<GpuAdapter> {
  if (running?.works() && engine().registry.webgpu === running.backend) {
    await setBackend('webgpu');
    return running.adapter;
  }
  const adapter = await requestAdapter();
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');

  class GpuBackend extends WebGPUBackend {
    private failure: Error | undefined;
    private isOver = false;

    constructor(device: GPUDevice, info: GPUAdapterInfo) {
      super(device, info);
      device.addEventListener('uncapturederror', (event) => {
        this.failure ??= failureOf((event as GPUUncapturedErrorEvent).error);
      });
      void device.lost.then(({ message }) => {
        if (!this.isOver) this.failure ??= lostError(message);
      });
    }

    override readSync(dataId: object): BackendValues {
      this.requireWorking();
      const { values, dtype } = this.tensorMap.get(dataId);
      if (values || dtype === 'string') return super.readSync(dataId);
      throw new Error(
        'dataSync: the numbers of the tensor are on the GPU, and WebGPU in Node reads only asynchronously, expected a backend ' +
          'that can. Read with await tensor.data(), or compute this on wasm.',
      );
    }

    override async read(dataId: object): Promise<BackendValues> {
      this.requireWorking();
      try {
        return await super.read(dataId);
      } finally {
        this.requireWorking(); // a lost device rejects with less to say
      }
    }

    override dispose(): void {
      if (this.isOver) return;
      this.isOver = true;
      super.dispose();
      this.device.destroy();
    }

    works(): boolean {
      return !this.failure;
    }

    private requireWorking(): void {
      if (this.failure) throw this.failure;
    }
  }

  const device = await requestDevice(adapter);
  if (engine().registryFactory.webgpu) removeBackend('webgpu');
  const backend = new GpuBackend(device, infoOf(adapter));
  registerBackend('webgpu', () => backend);
  if (!(await setBackend('webgpu'))) throw new Error('tfjs cannot start its webgpu backend on this adapter');
  running = { backend, works: () => backend.works(), adapter: describeAdapter(adapter) };
  return running.adapter;
}

/** With all that the adapter can do: the limits of a device are low unless more is asked for. */
function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const { limits } = adapter;
  return adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
  });
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

const GO_ON =
  ' Nothing after that can be trusted, and nothing of it is read. A run goes on from its last checkpoint.';

/** What an error of the device means to whoever trains on it. */
function failureOf(error: GPUError): Error {
  const detail = firstLine(error.message);
  const isFull = error.constructor.name === 'GPUOutOfMemoryError' || /max buffer size/.test(detail);
  return new Error(
    isFull
      ? `webgpu: the GPU has no room for a tensor (${detail}), expected less at once. Take a smaller batch, context or model.${GO_ON}`
      : `webgpu: the GPU refused an operation (${detail}), expected one that it can do. Try the wasm backend.${GO_ON}`,
  );
}

const lostError = (message: string): Error =>
  new Error(
    `webgpu: the GPU was lost (${firstLine(message)}), expected it to stay. Its driver may have reset it.${GO_ON}`,
  );

const firstLine = (message: string): string => message.split('\n')[0].replace(/\.$/, '');
