import { expectClose, recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runningBackend, type WasmBackend } from './backend.js';
import { installWasmKernels, uninstallWasmKernels } from './index.js';

// The memory is really full: it grows to what wasm can address. Pages that nobody touches cost the machine nothing.

const MEBIBYTE = 2 ** 20;
const full =
  /^wasm backend: \d+ MiB of memory came to be allocated, expected .* Dispose tensors, or take a smaller batch/;

describe('a full wasm memory', () => {
  let backend: WasmBackend;
  let ballast: tf.TensorInfo[] = [];
  let first: number[];
  let tensors: number;
  const start = () => Array.from(new Uint8Array(backend.wasm.HEAPU8.buffer, 0, 1024));

  /** Takes all memory but less than so many MiB. */
  function fill(left: number): void {
    for (let size = 256; size >= left; ) {
      try {
        ballast.push(backend.makeOutput([(size * MEBIBYTE) / 4], 'float32'));
      } catch {
        size /= 2;
      }
    }
  }

  beforeAll(async () => {
    await tf.setBackend('wasm');
    await installWasmKernels();
    backend = runningBackend()!;
  });
  beforeEach(() => {
    fill(1);
    backend.disposeData(ballast.pop()!.dataId); // room for what the tests begin with
    first = start();
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(start(), 'the first bytes of memory').toEqual(first);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const { dataId } of ballast) backend.disposeData(dataId);
    ballast = [];
  });
  afterAll(uninstallWasmKernels);

  const large: [number, number] = [1024, 1024];
  const dataIds = () => (backend as unknown as { numDataIds(): number }).numDataIds();

  it.each<[string, () => unknown]>([
    ['values', () => tf.tensor(new Float32Array(MEBIBYTE))],
    ['a kernel of ours', () => tf.matMul(tf.ones([1024, 1]), tf.ones([1, 1024]))],
    ['a fused kernel', () => tf.fused.matMul({ a: tf.ones([1024, 1]), b: tf.ones([1, 1024]) })],
    ['an einsum', () => tf.einsum('i,j->ij', tf.ones([1024]), tf.ones([1024]))],
    ['a kernel of tfjs', () => tf.add(tf.ones([1024, 1]), tf.ones([1, 1024]))],
    ['a constant', () => tf.zeros(large)],
    ['a broadcast', () => tf.broadcastTo(tf.ones([1, 1024]), large)],
    ['more than 32 bits can say', () => tf.tile(tf.ones([2]), [2 ** 29 + 8])],
  ])('is an error for %s, and nothing is written or left behind', (_, f) => {
    const before = dataIds();
    expect(() => tf.tidy(() => void f())).toThrow(full);
    expect(dataIds()).toBe(before);
    recordFault(
      'a wasm memory that is full, at 4 GiB',
      'an error says what was asked for; nothing is written or left behind',
    );
  });

  it('leaves no result behind of a kernel whose working memory does not fit', () => {
    for (const { dataId } of ballast.splice(0)) backend.disposeData(dataId);
    const [q, k, v] = [1, 2, 3].map(() => tf.ones([1, 1, 16_000, 4]));
    fill(1);
    backend.disposeData(ballast.pop()!.dataId); // room for the results, not for 24 rows of scores
    const before = dataIds();
    for (let i = 0; i < 3; i++) {
      const run = () => tf.engine().runKernel('EvenkeelCausalAttention', { q, k, v }, { scale: 1 });
      expect(run).toThrow(/^wasm backend: 3 MiB of memory/);
    }
    expect(dataIds()).toBe(before);
    tf.dispose([q, k, v]);
  });

  it('says what was asked for and what tensors hold', () => {
    expect(() => tf.zeros([1024, 2048])).toThrow(
      /^wasm backend: 8 MiB of memory came to be allocated, expected as much to be free of 4096 MiB, of which tensors hold \d+ MiB\./,
    );
  });

  it('loses no tensor that does not fit when it moves here', async () => {
    await tf.setBackend('cpu');
    const x = tf.range(0, MEBIBYTE);
    await tf.setBackend('wasm');
    expect(() => tf.tidy(() => tf.neg(x))).toThrow(full);
    await tf.setBackend('cpu');
    expect(x.dataSync()[MEBIBYTE - 1]).toBe(MEBIBYTE - 1);
    await tf.setBackend('wasm');
    for (const { dataId } of ballast.splice(0)) backend.disposeData(dataId);
    expect(tf.tidy(() => tf.neg(x).dataSync()[5])).toBe(-5);
    x.dispose();
  });

  it('leaves the values of small tensors alone, and works on once there is room', () => {
    const small = tf.tidy(() => tf.range(0, 300).clone());
    for (let i = 0; i < 20; i++) expect(() => tf.tidy(() => tf.zeros(large))).toThrow(full);
    expectClose(
      small,
      Array.from({ length: 300 }, (_, i) => i),
      0,
    );
    for (const { dataId } of ballast.splice(0)) backend.disposeData(dataId);
    const sum = tf.tidy(() => tf.sum(tf.ones(large)).dataSync()[0]);
    expect(sum).toBe(MEBIBYTE);
    small.dispose();
  });

  it('is left to tfjs after uninstall', async () => {
    const guarded = backend.wasm._malloc;
    uninstallWasmKernels();
    expect(backend.wasm._malloc).not.toBe(guarded);
    for (const { dataId } of ballast.splice(0)) backend.disposeData(dataId);
    await installWasmKernels();
  });
});
