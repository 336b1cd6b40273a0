import { systemInfo } from '@evenkeel/loop/node';
import { uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, expect, it } from 'vitest';
import { describeWithBlas } from '../test/available.js';
import { describeBlas, installBlas, uninstallBlas } from './index.js';

it.each([
  [
    { name: 'OpenBLAS', version: '0.3.21', kernel: 'Haswell', threads: 2 },
    'OpenBLAS 0.3.21, Haswell kernel, 2 threads',
  ],
  [{ name: 'BLIS', version: '0.9.0', threads: 1 }, 'BLIS 0.9.0, 1 thread'],
  [{ name: 'Accelerate' }, 'Accelerate'],
])('describes %j', (info, words) => {
  expect(describeBlas(info)).toBe(words);
});

describeWithBlas("a run's records", () => {
  afterEach(() => {
    uninstallBlas();
    uninstallWasmKernels();
  });

  it('name the library while it computes, and on its backend only', async () => {
    await tf.setBackend('wasm');
    expect(systemInfo().blas).toBe(null);
    const { name, version, kernel, threads, summary } = await installBlas({ threads: 1 });
    expect(systemInfo().blas).toEqual({ name, version, kernel, threads });
    expect(summary).toBe(describeBlas({ name: name!, version, kernel, threads: 1 }));
    await tf.setBackend('cpu');
    expect(systemInfo().blas).toBe(null);
    await tf.setBackend('wasm');
    uninstallBlas();
    expect(systemInfo().blas).toBe(null);
  });
});
