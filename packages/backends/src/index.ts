export {
  BACKENDS,
  type BackendName,
  type StartedBackend,
  type StartOptions,
  startBackend,
} from './start-backend.js';
export { whyNoTensorflow } from './tensorflow.js';
export { type FoundAdapter, findAdapter, type GpuAdapter } from './webgpu/adapter.js';
