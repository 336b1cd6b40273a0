import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { AdvisedError, ON_WASM, ON_WEBGL } from '../shared/advice.js';
import type { Backend } from '../shared/settings.js';

/**
 * Starts what computes.
 *
 * @returns What it is, in words.
 * @throws If this browser does not have it, with what to choose instead.
 */
export function startBackend(backend: Backend): Promise<string> {
  return { wasm: startWasm, webgl: startWebgl, webgpu: startWebgpu }[backend]();
}

async function startWasm(): Promise<string> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // In cross-origin isolated pages tfjs would take its threaded module, which our kernels cannot run in.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    'tfjs-backend-wasm-threaded-simd.wasm': simdUrl, // tfjs wants a path; it is not used
  });
  await start(
    'wasm',
    new AdvisedError('This browser could not start WebAssembly. Choose WebGL.', [ON_WEBGL]),
  );
  const { installed, reason, relaxedSimd, kernels } = await installWasmKernels();
  if (!installed) return `WASM with the kernels of TensorFlow.js (${reason})`;
  return `WASM, ${kernels.length} kernels of Evenkeel, ${relaxedSimd ? 'relaxed SIMD' : 'SIMD'}`;
}

async function startWebgl(): Promise<string> {
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context)
    throw new AdvisedError('This browser has no WebGL 2. Choose WASM, which runs everywhere.', [ON_WASM]);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  await start('webgl', new AdvisedError('WebGL could not start in this browser. Choose WASM.', [ON_WASM]));
  const exact = tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');
  return exact ? 'WebGL 2' : 'WebGL 2 with 16-bit numbers: small losses are not exact';
}

async function startWebgpu(): Promise<string> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<unknown> } }).gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) {
    throw new AdvisedError(
      'This browser has no WebGPU, or no graphics card that it may use. Choose WASM or WebGL.',
      [ON_WASM, ON_WEBGL],
    );
  }
  await import('@tensorflow/tfjs-backend-webgpu');
  await start(
    'webgpu',
    new AdvisedError('WebGPU could not start in this browser. Choose WASM or WebGL.', [ON_WASM, ON_WEBGL]),
  );
  return 'WebGPU';
}

async function start(backend: Backend, otherwise: AdvisedError): Promise<void> {
  const started = await tf.setBackend(backend).catch(() => false);
  if (!started) throw otherwise;
  await tf.ready();
}
