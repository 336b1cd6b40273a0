import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { startBackend, whyNoTensorflow } from './index.js';

describe('startBackend', () => {
  afterAll(() => tf.setBackend('cpu'));

  it.each(['cpu', 'wasm'])('starts %s', async (name) => {
    expect(await startBackend(name)).toEqual({ name });
    expect(tf.getBackend()).toBe(name);
    expect(tf.square(tf.scalar(3)).dataSync()[0]).toBe(9);
  });

  it('puts our kernels on wasm unless it is told not to', async () => {
    const { uninstallWasmKernels } = await import('@evenkeel/wasm-kernels');
    const hasKernels = () => tf.getKernel('EvenkeelLayerNorm', 'wasm') !== undefined;
    uninstallWasmKernels();
    await startBackend('wasm', { kernels: false });
    expect(hasKernels()).toBe(false);
    await startBackend('wasm');
    expect(hasKernels()).toBe(true);
    uninstallWasmKernels();
  });

  it('leaves everything as it was where a backend is none', async () => {
    await startBackend('cpu');
    await expect(startBackend('gpu')).rejects.toThrow(
      "startBackend: 'gpu' is no backend, expected one of wasm, webgpu, cpu, tensorflow",
    );
    expect(tf.getBackend()).toBe('cpu');
  });

  it('leaves everything as it was where one does not start', async () => {
    await startBackend('cpu');
    tf.registerBackend('broken', () => {
      throw new Error('no such device');
    });
    await expect(startBackend('broken')).rejects.toThrow(
      'startBackend: broken does not start: tfjs cannot use it here',
    );
    expect(tf.getBackend()).toBe('cpu');
    tf.removeBackend('broken');
  });

  it('says what is missing for tensorflow', async () => {
    await expect(startBackend('tensorflow')).rejects.toThrow(
      /^startBackend: tensorflow does not start: .*(npm install @tensorflow\/tfjs-node|Node 22).*\.$/s,
    );
  });
});

describe('whyNoTensorflow', () => {
  it('says from Node 23 on why, and names webgpu', () => {
    expect(whyNoTensorflow('22.19.0')).toBeUndefined();
    for (const version of ['23.0.0', '26.1.0']) {
      expect(whyNoTensorflow(version)).toMatch(
        /tfjs-node 4.22 does not run on Node .*isNullOrUndefined.*webgpu/,
      );
    }
  });
});
