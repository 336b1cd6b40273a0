import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runningBackend } from './backend.js';
import { canRevectorize } from './features.js';
import type { Functions } from './functions.js';
import { installWasmKernels, uninstallWasmKernels } from './index.js';
import { compileModule, Instances } from './module.js';
import { whyProductsAreWrong } from './verify-products.js';

vi.mock(import('./verify-products.js'), { spy: true });

beforeEach(async () => {
  await tf.setBackend('wasm');
});
afterEach(() => {
  uninstallWasmKernels();
  vi.restoreAllMocks();
});

describe('whyProductsAreWrong', () => {
  const started = async () => {
    const backend = runningBackend()!;
    const instances = new Instances(await compileModule({ relaxedSimd: false, revectorize: false }));
    return { backend, instances, instance: instances.of(backend) };
  };

  it('finds nothing wrong with products that are right, and gives its memory back', async () => {
    const { backend, instance, instances } = await started();
    const free = () => {
      const at = backend.wasm._malloc(1 << 20);
      backend.wasm._free(at);
      return at;
    };
    const before = free();
    expect(await whyProductsAreWrong(backend, instance)).toBe(null);
    expect(free()).toBe(before);
    instances.dispose();
  });

  it.each([
    ['at once', 0],
    ['once the function has been optimised', 17],
  ])('finds a number that is wrong %s', async (_, after) => {
    const { backend, instance, instances } = await started();
    let products = 0;
    const gemm: Functions['gemm'] = (...numbers) => {
      instance.functions.gemm(...numbers);
      const last = 103 * 131 - 1;
      if (products++ >= after) new Float32Array(backend.wasm.HEAPU8.buffer, numbers[11], last + 1)[last] += 1;
    };
    const erring = { ...instance, functions: { ...instance.functions, gemm } };
    expect(await whyProductsAreWrong(backend, erring)).toMatch(
      /^a product of 103 × 401 by 401 × 131 has -?\d+ where -?\d+ is right$/,
    );
    instances.dispose();
  });
});

describe('revectorize', () => {
  it('is on where V8 can, and is off unless asked for', async () => {
    expect((await installWasmKernels()).revectorize).toBe(false);
    uninstallWasmKernels();
    expect(await installWasmKernels({ revectorize: true })).toMatchObject({
      installed: true,
      revectorize: canRevectorize(),
    });
    expect(canRevectorize()).toBe(Number.parseInt(process.versions.node, 10) >= 22);
  });

  it.runIf(canRevectorize())('falls back where its products are wrong, and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.mocked(whyProductsAreWrong).mockResolvedValueOnce('a product is wrong');
    expect(await installWasmKernels({ revectorize: true })).toMatchObject({
      installed: true,
      revectorize: false,
    });
    expect(warn).toHaveBeenCalledWith(
      'installWasmKernels: vectors of 128 bits are used, since with revectorize a product is wrong.',
    );
    const product = tf.tidy(() => tf.matMul(tf.fill([30, 30], 2), tf.fill([30, 30], 3)).dataSync());
    expect(product.every((x) => x === 180)).toBe(true);
  });
});
