import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wholeNumbers } from '../test/reference.js';
import { runningBackend } from './backend.js';
import { installWasmKernels, uninstallWasmKernels } from './index.js';

const registered = () =>
  tf
    .getKernelsForBackend('wasm')
    .map(({ kernelName }) => kernelName)
    .sort();
const current = (name: string) => tf.getKernel(name, 'wasm')?.kernelFunc;

describe('installWasmKernels', () => {
  beforeEach(async () => {
    await tf.setBackend('wasm');
  });
  afterEach(() => {
    uninstallWasmKernels();
    vi.restoreAllMocks();
  });

  it('reports what it installed, and installs once', async () => {
    const warn = vi.spyOn(console, 'warn');
    const [first, second] = await Promise.all([installWasmKernels(), installWasmKernels()]);
    const func = current('BatchMatMul');
    expect(first).toMatchObject({ installed: true, simd: true });
    expect(first.kernels).toContain('BatchMatMul');
    expect(second).toBe(first);
    expect(await installWasmKernels()).toBe(first);
    expect(current('BatchMatMul')).toBe(func);
    expect(warn).not.toHaveBeenCalled();
  });

  it('restores the kernels and the gradient of tfjs, with their memory', async () => {
    const [names, func, gradient] = [registered(), current('BatchMatMul'), tf.getGradient('BatchMatMul')];
    const { wasm } = runningBackend()!;
    const offset = wasm._malloc(1 << 21);
    wasm._free(offset);
    for (let i = 0; i < 3; i++) {
      const report = await installWasmKernels();
      expect(current('BatchMatMul')).not.toBe(func);
      report.uninstall();
      report.uninstall();
      expect(current('BatchMatMul')).toBe(func);
      expect(tf.getGradient('BatchMatMul')).toBe(gradient);
      expect(registered()).toEqual(names);
    }
    expect(wasm._malloc(1 << 21)).toBe(offset);
    wasm._free(offset);
  });

  it('leaves alone what somebody else registered over its kernels', async () => {
    const report = await installWasmKernels();
    const theirs: tf.KernelConfig = { ...tf.getKernel('BatchMatMul', 'wasm') };
    const stock = tf.getKernel('BatchMatMul', 'wasm');
    tf.unregisterKernel('BatchMatMul', 'wasm');
    tf.registerKernel(theirs);
    report.uninstall();
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(theirs);
    tf.unregisterKernel('BatchMatMul', 'wasm');
    tf.registerKernel(stock);
  });

  it('throws for an attribute it does not know', async () => {
    await installWasmKernels();
    const a = tf.ones([2, 2]);
    expect(() =>
      tf.engine().runKernel('BatchMatMul', { a, b: a }, { transposeA: false, adjoint: true }),
    ).toThrow("BatchMatMul: attribute 'adjoint' came, expected transposeA, transposeB.");
    a.dispose();
  });

  it('says why, and changes nothing, on a backend with shared memory', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const func = current('BatchMatMul');
    const { wasm } = runningBackend()!;
    const { HEAPU8 } = wasm;
    wasm.HEAPU8 = new Uint8Array(new SharedArrayBuffer(8));
    const report = await installWasmKernels();
    wasm.HEAPU8 = HEAPU8;
    expect(report).toMatchObject({ installed: false, kernels: [] });
    expect(report.reason).toContain('WASM_HAS_MULTITHREAD_SUPPORT');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining(report.reason!));
    expect(current('BatchMatMul')).toBe(func);
  });

  it('says why, and changes nothing, on a backend that is built otherwise', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { wasm } = runningBackend()!;
    const { asm } = wasm;
    wasm.asm = {} as typeof asm;
    const report = await installWasmKernels();
    wasm.asm = asm;
    expect(report).toMatchObject({ installed: false, kernels: [] });
    expect(report.reason).toContain('not where 4.22 has it');
    // A refusal is not remembered: the next call looks again.
    expect((await installWasmKernels()).installed).toBe(true);
  });

  it('says what to do when the wasm backend does not run', async () => {
    const { registry } = tf.engine();
    const { wasm } = registry;
    delete registry.wasm;
    await expect(installWasmKernels()).rejects.toThrow("call await tf.setBackend('wasm') first");
    registry.wasm = wasm;
    expect((await installWasmKernels()).installed).toBe(true);
  });

  it('works on while two backends take turns', async () => {
    await installWasmKernels();
    const products = [];
    for (const backend of ['wasm', 'cpu', 'wasm', 'cpu']) {
      await tf.setBackend(backend);
      products.push(tf.tidy(() => tf.matMul(wholeNumbers([9, 7], 1), wholeNumbers([7, 5], 2)).dataSync()));
    }
    for (const product of products) expectClose(product, products[0], 0);
  });

  it('follows the wasm backend when it is removed and started again', async () => {
    await installWasmKernels();
    const product = () =>
      tf.tidy(() => tf.matMul(wholeNumbers([9, 7], 1), wholeNumbers([7, 5], 2)).dataSync());
    const before = product();
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory, 2);
    await tf.setBackend('wasm');
    expectClose(product(), before, 0);
  });
});
