import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels } from '../test/describe-kernels.js';
import { matMul64, wholeNumbers } from '../test/reference.js';
import { type Product, replaceProducts } from './products.js';

/** The values of the matrices of a product, where they lie in memory. */
const read = ({ buffer }: WebAssembly.Memory, at: number, count: number) =>
  Array.from(new Float32Array(buffer, at, count));

describeKernels('replaceProducts', () => {
  it('shows where the factors lie, and takes what was written', () => {
    const [a, b] = [wholeNumbers([30, 20], 1), wholeNumbers([30, 40], 2)];
    const seen: Product[] = [];
    const undo = replaceProducts((memory, product) => {
      seen.push(product);
      expect(read(memory, product.a, 600)).toEqual(Array.from(a.dataSync()));
      expect(read(memory, product.b, 1200)).toEqual(Array.from(b.dataSync()));
      new Float32Array(memory.buffer, product.c, 800).fill(7);
      return true;
    });
    const product = tf.matMul(a, b, true, false);
    undo();
    expectClose(product, new Array(800).fill(7), 0);
    expect(seen).toMatchObject([
      { m: 20, n: 40, k: 30, transposeA: true, transposeB: false, accumulate: false, lower: false },
    ]);
    expectClose(tf.matMul(a, b, true, false), matMul64(a, b, true, false), 0);
  });

  it('computes what is left to it, and asks for no small product', () => {
    let asked = 0;
    const undo = replaceProducts(() => {
      asked++;
      return false;
    });
    for (const [side, expected] of [
      [15, 0],
      [16, 1],
      [40, 2],
    ]) {
      const a = wholeNumbers([side, side], side);
      expectClose(tf.matMul(a, a), matMul64(a, a, false, false), 0);
      expect(asked).toBe(expected);
    }
    undo();
  });

  it('knows the products of a symmetric one, and undoes only its own replacement', () => {
    const seen: Product[] = [];
    const first = replaceProducts(() => false);
    const second = replaceProducts((_, product) => {
      seen.push(product);
      return false;
    });
    first();
    const a = wholeNumbers([1, 30, 40], 1);
    tf.engine().runKernel('EvenkeelSymmetricProduct', { a, b: a }, { transposeA: false, transposeB: true });
    expect(seen).toMatchObject([{ m: 30, n: 30, k: 40, lower: true }]);
    expect(seen[0].a).toBe(seen[0].b);
    second();
    tf.matMul(wholeNumbers([30, 30], 1), wholeNumbers([30, 30], 2));
    expect(seen).toHaveLength(1);
  });
});
