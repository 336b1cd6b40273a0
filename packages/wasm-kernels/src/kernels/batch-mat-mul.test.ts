import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { matMul64, onCpu, size, wholeNumbers } from '../../test/reference.js';

const swapped = (rows: number, cols: number, transpose: boolean) => (transpose ? [cols, rows] : [rows, cols]);

/** Batch axes of two factors that broadcast against each other, by the axes of the result. */
const batches = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('both', 'a', 'b')), { maxLength: 3 })
  .map((axes) => ({
    a: axes.map(([n, who]) => (who === 'b' ? 1 : n)),
    b: axes.map(([n, who]) => (who === 'a' ? 1 : n)),
  }));

describeKernels('BatchMatMul', () => {
  it('equals float64 for any sizes, transpositions and broadcast batches', () => {
    fc.assert(
      fc.property(
        fc.tuple(size, size, size),
        batches,
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        ([m, n, k], batch, transposeA, transposeB, seed) => {
          tf.tidy(() => {
            const a = wholeNumbers([...batch.a, ...swapped(m, k, transposeA)], seed);
            const b = wholeNumbers([...batch.b, ...swapped(k, n, transposeB)], seed + 1);
            const product = tf.matMul(a, b, transposeA, transposeB);
            expect(product.shape.slice(-2)).toEqual([m, n]);
            expectClose(product, matMul64(a, b, transposeA, transposeB), 0);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    [97, 1030, 300],
    [200, 65, 513],
    [1, 1500, 260],
    [193, 2, 1024],
  ])('crosses its cache blocks without a seam: %i × %i × %i', (m, n, k) => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const a = wholeNumbers(swapped(m, k, transposeA), 1);
      const b = wholeNumbers(swapped(k, n, transposeB), 2);
      const reference = onCpu([a, b], (a, b) => tf.matMul(a, b, transposeA, transposeB));
      expectClose(tf.matMul(a, b, transposeA, transposeB), reference, 0);
    }
  });

  it('rounds no worse than float32 sums do', () => {
    const [a, b] = [
      tf.randomNormal([50, 400], 0, 1, 'float32', 1),
      tf.randomNormal([400, 30], 0, 1, 'float32', 2),
    ];
    expectClose(tf.matMul(a, b), matMul64(a, b, false, false), { rtol: 1e-5, atol: 1e-4 });
  });

  it('lets NaN and infinities through, also where they meet zeros', () => {
    const a = tf.tensor2d([
      [0, 0],
      [1, 0],
      [Number.NaN, 1],
      [Infinity, 1],
    ]);
    const b = tf.tensor2d([
      [1, Number.NaN, 2],
      [Infinity, 3, -Infinity],
    ]);
    expectClose(tf.matMul(a, b), matMul64(a, b, false, false), 0);
  });

  it('gives zeros for an inner size of 0, whatever the memory held before', () => {
    tf.dispose(tf.fill([64, 64], 7));
    expectClose(tf.matMul(tf.zeros([64, 0]), tf.zeros([0, 64])), new Array(64 * 64).fill(0), 0);
  });

  it('leaves other dtypes and mismatched sizes to tfjs, with its errors', () => {
    const [ints, floats] = [tf.zeros([2, 2], 'int32'), tf.zeros([2, 3])];
    expect(() => tf.matMul(ints, ints)).toThrow('BatchMatMul for non non-float32 tensors not yet supported.');
    expect(() => tf.matMul(floats, floats)).toThrow('Error in matMul: inner shapes (3) and (2)');
    expect(() => tf.matMul(tf.zeros([2, 2, 2]), tf.zeros([3, 2, 2]))).toThrow();
  });

  it('computes on after the wasm memory grew', () => {
    const [a, b] = [wholeNumbers([33, 40], 1), wholeNumbers([40, 17], 2)];
    const before = tf.matMul(a, b).dataSync();
    const large = Array.from({ length: 8 }, () => tf.zeros([1 << 20]));
    expectClose(tf.matMul(a, b), before, 0);
    tf.dispose(large);
    expectClose(tf.matMul(a, b), before, 0);
  });

  it('keeps the number of tensors and bytes over thousands of calls', () => {
    const [a, b] = [wholeNumbers([2, 9, 7], 1), wholeNumbers([2, 7, 10], 2)];
    const call = () => tf.dispose(tf.matMul(a, b));
    call();
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 5000; i++) call();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it('has the gradient of a batch that one factor shares', () => {
    const [a, b] = [wholeNumbers([3, 2, 4], 1), wholeNumbers([1, 4, 5], 2)];
    const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.matMul(a, b)));
    const tiled = tf.grads((a, b) => loss(a, tf.concat([b, b, b])))([a, b]);
    const shared = tf.grads((a, b) => loss(a, b))([a, b]);
    expect(shared[1].shape).toEqual([1, 4, 5]);
    expectClose(shared[0], tiled[0].dataSync(), 0);
    expectClose(shared[1], tiled[1].dataSync(), 0);

    const matrix = tf.reshape(b, [4, 5]);
    const [, db] = tf.grads((a, b) => loss(a, b))([a, matrix]);
    expect(db.shape).toEqual([4, 5]);
    expectClose(db, tiled[1].dataSync(), 0);
  });
});
