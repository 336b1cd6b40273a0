import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

// In Node, `npm test` compares every kernel with the cpu backend. Here: that the one call works in a page.

describe('installWasmKernels in Chromium', () => {
  beforeAll(async () => {
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plainUrl,
      'tfjs-backend-wasm-simd.wasm': simdUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
    });
    expect(await tf.setBackend('wasm')).toBe(true);
  });
  afterEach(() => uninstallWasmKernels());

  it('installs on a plain page, with relaxed SIMD, and fetches nothing for it', async () => {
    const before = performance.getEntriesByType('resource').length;
    const report = await installWasmKernels();
    expect(report).toMatchObject({ installed: true, simd: true, relaxedSimd: true });
    expect(report.kernels).toContain('BatchMatMul');
    const fetched = performance.getEntriesByType('resource').slice(before);
    expect(fetched.filter(({ name }) => name.endsWith('.wasm'))).toEqual([]);
  });

  it('gives the products and gradients of the cpu backend, and the stock ones after uninstall', async () => {
    const shapes: [number, number][] = [
      [5, 7],
      [7, 3],
    ];
    const [a, b] = shapes.map(
      (shape, i) => tf.randomNormal<tf.Rank.R2>(shape, 0, 1, 'float32', i).arraySync() as number[][],
    );
    const run = async (backend: string) => {
      await tf.setBackend(backend);
      const [x, y] = [tf.tensor2d(a), tf.tensor2d(b)];
      const gradients = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.tanh(tf.matMul(x, y))))([x, y]);
      return Promise.all(gradients.map(async (gradient) => Array.from(await gradient.data())));
    };
    const wanted = await run('cpu');
    const expectClose = (got: number[][]) => {
      for (const [i, values] of got.entries()) {
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(wanted[i][j], 5);
      }
    };
    expectClose(await run('wasm'));
    await installWasmKernels();
    expectClose(await run('wasm'));
    uninstallWasmKernels();
    expectClose(await run('wasm'));
  });

  it('trains an embedding, which tfjs alone cannot on wasm', async () => {
    await tf.setBackend('wasm');
    await installWasmKernels();
    const table = tf.variable(tf.ones<tf.Rank.R2>([4, 2]));
    const optimizer = tf.train.sgd(0.5);
    optimizer.minimize(
      () => tf.sum(tf.square(tf.gather(table, tf.tensor1d([1, 1, 3], 'int32')))) as tf.Scalar,
    );
    expect(Array.from(await table.data())).toEqual([1, 1, -1, -1, 1, 1, 0, 0]);
  });
});
