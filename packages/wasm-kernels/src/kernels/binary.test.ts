import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, size, wholeNumbers } from '../../test/reference.js';

const operations = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
};

/** Two shapes that broadcast, some with fewer axes than the other. */
const shapes = fc
  .tuple(
    fc.array(fc.tuple(size, fc.constantFrom('both', 'a', 'b')), { maxLength: 4 }),
    fc.nat(3),
    fc.boolean(),
  )
  .map(([axes, dropped, fromA]) => {
    const a = axes.map(([n, who]) => (who === 'b' ? 1 : n));
    const b = axes.map(([n, who]) => (who === 'a' ? 1 : n));
    return fromA ? [a.slice(dropped), b] : [a, b.slice(dropped)];
  })
  .filter((shapes) => shapes.every((shape) => tf.util.sizeFromShape(shape) < 5000));

describeKernels('binary kernels', () => {
  it.each(Object.entries(operations))('%s equals the cpu backend for any broadcast', (_, operation) => {
    fc.assert(
      fc.property(shapes, fc.nat(), ([aShape, bShape], seed) => {
        tf.tidy(() => {
          const [a, b] = [wholeNumbers(aShape, seed), wholeNumbers(bShape, seed + 1)];
          const c = operation(a, b);
          expectClose(c, onCpu([a, b], operation), 0);
          expect(c.dtype).toBe(operation === tf.maximum || operation === tf.minimum ? 'float32' : 'bool');
        });
      }),
    );
  });

  it('lets NaN win an extreme and lose a comparison', () => {
    const a = tf.tensor1d([Number.NaN, 1, Infinity, -Infinity, Number.NaN]);
    const b = tf.tensor1d([1, Number.NaN, 1, 1, Number.NaN]);
    expectClose(tf.maximum(a, b), [Number.NaN, Number.NaN, Infinity, 1, Number.NaN], 0);
    expectClose(tf.minimum(a, b), [Number.NaN, Number.NaN, 1, -Infinity, Number.NaN], 0);
    expectClose(tf.equal(a, b), [0, 0, 0, 0, 0], 0);
    expectClose(tf.notEqual(a, b), [1, 1, 1, 1, 1], 0);
  });

  it('leaves other dtypes to tfjs', () => {
    const [a, b] = [tf.tensor1d([1, 5, 3], 'int32'), tf.tensor1d([2, 5, 1], 'int32')];
    expectClose(tf.maximum(a, b), [2, 5, 3], 0);
    expect(tf.maximum(a, b).dtype).toBe('int32');
    expectClose(tf.equal(a, b), [0, 1, 0], 0);
  });
});

describeKernels('Select and LogicalAnd', () => {
  it('take each element from the branch its condition names', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 70 }), (pairs) => {
        tf.tidy(() => {
          const [p, q] = [0, 1].map((i) =>
            tf.tensor1d(
              pairs.map((pair) => pair[i]),
              'bool',
            ),
          );
          const n = pairs.length;
          const [x, y] = [wholeNumbers([n], 1), wholeNumbers([n], 2)];
          const [xs, ys] = [x.dataSync(), y.dataSync()];
          expectClose(
            tf.logicalAnd(p, q),
            pairs.map(([p, q]) => Number(p && q)),
            0,
          );
          expectClose(
            tf.where(p, x, y),
            pairs.map(([p], i) => (p ? xs[i] : ys[i])),
            0,
          );
          const ints = tf.where(p, tf.cast(x, 'int32'), tf.cast(y, 'int32'));
          expectClose(
            ints,
            pairs.map(([p], i) => (p ? xs[i] : ys[i])),
            0,
          );
        });
      }),
    );
  });

  it('broadcast as tfjs does', () => {
    const rows = tf.tensor1d([true, false], 'bool');
    expectClose(
      tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), tf.ones([2, 3]), tf.scalar(2)),
      [1, 1, 1, 2, 2, 2],
      0,
    );
    expectClose(tf.logicalAnd(rows, tf.tensor2d([[1], [0]], [2, 1], 'bool')), [1, 0, 0, 0], 0);
  });
});
