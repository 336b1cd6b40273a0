import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, size, wholeNumbers } from '../../test/reference.js';

const shape = fc
  .array(size, { minLength: 1, maxLength: 5 })
  .filter((shape) => tf.util.sizeFromShape(shape) < 20000);
const dtype = fc.constantFrom('float32', 'int32', 'bool') as fc.Arbitrary<'float32' | 'int32' | 'bool'>;
const shuffled = (shape: number[]) =>
  fc.shuffledSubarray(
    shape.map((_, i) => i),
    { minLength: shape.length, maxLength: shape.length },
  );

/** Expects an op to give the same shape, dtype and values as on the cpu backend. */
function expectAsOnCpu(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): void {
  const y = f(x);
  expectClose(y, onCpu([x], f), 0);
  expect(y.dtype).toBe(x.dtype);
}

describeKernels('Transpose', () => {
  it('moves any axes of any tensor', () => {
    const shapeAndOrder = shape.chain((shape) => fc.tuple(fc.constant(shape), shuffled(shape)));
    fc.assert(
      fc.property(shapeAndOrder, dtype, fc.nat(), ([shape, perm], dtype, seed) => {
        tf.tidy(() => expectAsOnCpu(tf.cast(wholeNumbers(shape, seed), dtype), (x) => tf.transpose(x, perm)));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the data alive that it shares when only axes of size 1 move', () => {
    const x = wholeNumbers([3, 1, 2], 1);
    const [y, values] = [tf.transpose(x, [1, 0, 2]), x.dataSync()];
    x.dispose();
    expectClose(y, values, 0);
  });

  it('moves the bits of NaN untouched and crosses its strips', () => {
    const x = tf.concat([wholeNumbers([130, 70], 1), tf.fill([130, 1], Number.NaN)], 1);
    expectAsOnCpu(x, (x) => tf.transpose(x));
  });
});

describeKernels('Tile and Reverse', () => {
  it('repeat any axes', () => {
    const shapeAndReps = shape.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.array(fc.nat(3), { minLength: shape.length, maxLength: shape.length })),
    );
    fc.assert(
      fc.property(shapeAndReps, dtype, fc.nat(), ([shape, reps], dtype, seed) => {
        tf.tidy(() => expectAsOnCpu(tf.cast(wholeNumbers(shape, seed), dtype), (x) => tf.tile(x, reps)));
      }),
    );
  });

  it('broadcast', () => {
    expectAsOnCpu(tf.tensor1d([1, 2, 3]), (x) => tf.broadcastTo(x, [2, 5, 3]));
    expectAsOnCpu(tf.tensor2d([[1], [2]]), (x) => tf.broadcastTo(x, [3, 2, 7]));
  });

  it('turn around any axes', () => {
    const shapeAndAxes = shape.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, i) => i))),
    );
    fc.assert(
      fc.property(shapeAndAxes, dtype, fc.nat(), ([shape, axes], dtype, seed) => {
        tf.tidy(() => expectAsOnCpu(tf.cast(wholeNumbers(shape, seed), dtype), (x) => tf.reverse(x, axes)));
      }),
    );
  });

  it('leave strings to tfjs', () => {
    expect(() => tf.tile(tf.tensor1d(['a']), [2])).not.toThrow(/evenkeel/);
  });
});
