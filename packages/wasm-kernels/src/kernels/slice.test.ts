import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, size, wholeNumbers } from '../../test/reference.js';

const shapes = fc
  .array(size, { minLength: 1, maxLength: 5 })
  .filter((shape) => tf.util.sizeFromShape(shape) < 20000);
const dtypes = fc.constantFrom('float32', 'int32', 'bool') as fc.Arbitrary<'float32' | 'int32' | 'bool'>;
/** A begin and a size within each axis, −1 for all the rest. */
const blocks = shapes.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.tuple(
      ...shape.map((size) =>
        fc
          .nat(size)
          .chain((begin) => fc.tuple(fc.constant(begin), fc.oneof(fc.constant(-1), fc.nat(size - begin)))),
      ),
    ),
  ),
);

describeKernels('Slice and SplitV', () => {
  it('cut any block out of any tensor', () => {
    fc.assert(
      fc.property(blocks, dtypes, fc.nat(), ([shape, block], dtype, seed) => {
        const [begin, size] = [block.map(([start]) => start), block.map(([, length]) => length)];
        tf.tidy(() => {
          const x = tf.cast(wholeNumbers(shape, seed), dtype);
          const y = tf.slice(x, begin, size);
          expectClose(
            y,
            onCpu([x], (x) => tf.slice(x, begin, size)),
            0,
          );
          expect(y.dtype).toBe(dtype);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('split any axis into parts, equal or not', () => {
    const x = wholeNumbers([6, 5, 12], 1);
    for (const [parts, axis] of [
      [3, -1],
      [[1, 0, 4], 1],
      [[2, -1], 0],
      [[5, 7], 2],
    ] as const) {
      const split = (x: tf.Tensor, i: number) => tf.split(x, parts as number | number[], axis)[i];
      const got = tf.split(x, parts as number | number[], axis);
      got.forEach((part, i) => {
        expectClose(
          part,
          onCpu([x], (x) => split(x, i)),
          0,
        );
      });
    }
  });

  it('leave strings, and errors, to tfjs', () => {
    expect(tf.slice(tf.tensor1d(['a', 'b']), 1).dataSync()).toEqual(['b']);
    expect(() => tf.slice(tf.ones([2]), 1, 2)).toThrow('begin[0] + size[0] (3) would overflow');
  });
});

describeKernels('Identity', () => {
  it('shares numbers, which live as long as either tensor does', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const { numDataBuffers } = tf.memory();
    const y = tf.clone(x);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
    x.dispose();
    expectClose(y, [1, 2, 3], 0);
    y.dispose();
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers - 1);
  });

  it('keeps a clone as it was when the variable that it came from moves on', () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const before = tf.clone(w);
    w.assign(tf.tensor1d([3, 4]));
    expectClose(before, [1, 2], 0);
    expect(tf.clone(tf.tensor1d(['a'])).dataSync()).toEqual(['a']);
  });
});
