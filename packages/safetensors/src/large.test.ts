import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';
import { encodeSafetensors, openSafetensors } from './index.js';

// With a function, TypedArray.from puts all numbers of a typed array into a list first: 262 million of an embedding end the process.
it('no list is made of numbers that are stored in 16 bits or read as booleans', async () => {
  const froms = [Uint8Array, Uint16Array, Uint32Array, Float32Array].map((kind) => vi.spyOn(kind, 'from'));
  const numbers = { a: tf.tensor1d([1, 2.5, -3]), b: tf.tensor1d([true, false], 'bool') };
  try {
    for (const dtype of ['F16', 'BF16'] as const) {
      const store = await openSafetensors(await encodeSafetensors(numbers, { dtype }));
      expect([...(await store.read('a'))]).toEqual([1, 2.5, -3]);
      expect([...(await store.read('b'))]).toEqual([1, 0]);
    }
    for (const from of froms) {
      expect(
        from.mock.calls.filter(([source, map]) => map !== undefined && ArrayBuffer.isView(source)),
      ).toEqual([]);
    }
  } finally {
    for (const from of froms) from.mockRestore();
    tf.dispose(numbers);
  }
});
