import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';

const lookups = fc
  .array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1)))
  .chain(([shape, axis]) =>
    fc.tuple(fc.constant(shape), fc.constant(axis), fc.array(fc.nat(shape[axis] - 1), { maxLength: 9 })),
  );

describeKernels('GatherV2', () => {
  it('equals the cpu backend along any axis', () => {
    fc.assert(
      fc.property(lookups, fc.constantFrom('float32', 'int32', 'bool'), ([shape, axis, ids], dtype) => {
        tf.tidy(() => {
          const x = tf.cast(wholeNumbers(shape, 1), dtype as 'float32');
          const indices = tf.tensor1d(ids, 'int32');
          const f = (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i as tf.Tensor1D, axis);
          const y = f(x, indices);
          expect(y.shape).toEqual([...shape.slice(0, axis), ids.length, ...shape.slice(axis + 1)]);
          if (y.size > 0) expectClose(y, onCpu([x, indices], f), 0);
        });
      }),
    );
  });

  it('gathers within batches', () => {
    const [x, i] = [
      wholeNumbers([2, 3, 4, 5], 1),
      tf.tensor2d(
        [
          [3, 0],
          [1, 1],
        ],
        [2, 2],
        'int32',
      ),
    ];
    const f = (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i as tf.Tensor2D, 2, 1);
    expectClose(f(x, i), onCpu([x, i], f), 0);
  });

  it('refuses an index out of range, in the words of tfjs', () => {
    for (const index of [-1, 3]) {
      expect(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([0, index], 'int32'))).toThrow(
        `GatherV2: the index value ${index} is not in [0, 2]`,
      );
    }
  });
});

describeKernels('UnsortedSegmentSum', () => {
  it('adds the slices of each segment, in any order, and drops ids out of range', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
        (ids, inner) => {
          tf.tidy(() => {
            const x = wholeNumbers([ids.length, ...inner], 1);
            const y = tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 5);
            const [values, n] = [x.dataSync(), tf.util.sizeFromShape(inner)];
            const expected = new Array(5 * n).fill(0);
            ids.forEach((id, i) => {
              for (let j = 0; id >= 0 && id < 5 && j < n; j++) expected[id * n + j] += values[i * n + j];
            });
            expect(y.shape).toEqual([5, ...inner]);
            expectClose(y, expected, 0);
          });
        },
      ),
    );
  });

  it('trains an embedding', () => {
    const [table, ids] = [
      wholeNumbers([5, 3], 1),
      tf.tensor2d(
        [
          [1, 1],
          [4, 0],
        ],
        [2, 2],
        'int32',
      ),
    ];
    const loss = (table: tf.Tensor) => tf.sum(tf.square(tf.gather(table, ids)));
    const values = table.dataSync();
    const expected = Array.from(values, (v, i) => v * [2, 4, 0, 0, 2][Math.floor(i / 3)]);
    expectClose(tf.grad(loss)(table), expected, 0);
  });

  it('refuses ids that do not match x', () => {
    expect(() => tf.unsortedSegmentSum(tf.ones([3, 2]), tf.tensor1d([0, 1], 'int32'), 2)).toThrow(
      'UnsortedSegmentSum: segmentIds has shape [2] for x of shape [3,2], expected [3]. Pass one id per slice of x.',
    );
  });
});
