import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, size, wholeNumbers } from '../../test/reference.js';
import { groupAxes } from './reduce.js';

const shapeAndAxes = fc
  .array(size, { maxLength: 4 })
  .filter((shape) => tf.util.sizeFromShape(shape) < 20000)
  .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, i) => i))));

describeKernels('reductions', () => {
  it.each([
    ['sum', tf.sum],
    ['mean', tf.mean],
    ['max', tf.max],
  ] as const)('%s equals the cpu backend over any axes', (_, reduce) => {
    fc.assert(
      fc.property(shapeAndAxes, fc.boolean(), fc.nat(), ([shape, axes], keepDims, seed) => {
        tf.tidy(() => {
          const x = wholeNumbers(shape, seed);
          const f = (x: tf.Tensor) => reduce(x, axes, keepDims) as tf.Tensor;
          const y = f(x);
          // tfjs's cpu kernel reads past the end of a mean or maximum of nothing.
          const nothing = axes.some((axis) => shape[axis] === 0);
          const empty = { [tf.mean.name]: Number.NaN, [tf.max.name]: -Infinity }[reduce.name] ?? 0;
          const expected = nothing ? new Array(y.size).fill(empty) : onCpu([x], f);
          expectClose(y, expected, { rtol: 1e-6, atol: 1e-6 });
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 1])('loses nothing in a sum of 2²⁴ + 2²⁰ ones over axis %i', (axis) => {
    const shape = axis === 0 ? [2 ** 24 + 2 ** 20, 1] : [1, 2 ** 24 + 2 ** 20];
    expectClose(tf.sum(tf.ones(shape), axis), [2 ** 24 + 2 ** 20], 0);
  });

  it('lets NaN and infinities through', () => {
    const x = tf.tensor2d([
      [1, Number.NaN, 2, Infinity, 3],
      [4, 5, -Infinity, Infinity, 6],
    ]);
    expectClose(tf.max(x, 0), [4, Number.NaN, 2, Infinity, 6], 0);
    expectClose(tf.max(x, 1), [Number.NaN, Infinity], 0);
    expectClose(tf.sum(x, 0), [5, Number.NaN, -Infinity, Infinity, 9], 0);
  });

  it('leaves other dtypes to tfjs', () => {
    const x = tf.tensor1d([1, 2, 4], 'int32');
    expect([tf.sum(x).dtype, tf.max(x).dtype]).toEqual(['int32', 'int32']);
    expectClose(tf.mean(x), [7 / 3], 1e-6);
  });

  it('reduces neighbouring axes in one go', () => {
    expect(groupAxes([2, 3, 4, 5], [1, 2])).toEqual([{ outer: 2, reduced: 12, inner: 5 }]);
    expect(groupAxes([2, 3, 4], [0, 2])).toEqual([
      { outer: 6, reduced: 4, inner: 1 },
      { outer: 1, reduced: 2, inner: 3 },
    ]);
  });

  it('keeps the number of tensors and bytes over thousands of calls', () => {
    const x = wholeNumbers([3, 4, 5], 1);
    const call = () => tf.dispose(tf.mean(x, [0, 2]));
    call();
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    for (let i = 0; i < 2000; i++) call();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  });
});
