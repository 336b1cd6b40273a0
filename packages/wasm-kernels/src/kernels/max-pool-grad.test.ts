import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';
import { runKernel } from '../../test/run-kernel.js';
import { outShape, windowCases } from '../../test/window-cases.js';

const { NaN: nan, NEGATIVE_INFINITY } = Number;

describeKernels('MaxPoolGrad', () => {
  it('equals the cpu backend for any sizes, strides and paddings, ties included', () => {
    fc.assert(
      fc.property(windowCases([fc.nat(2)]), (c) => {
        tf.tidy(() => {
          const shape = outShape(c, c.x[3]);
          const [x, dy] = [wholeNumbers(c.x, c.seed), wholeNumbers(shape, c.seed + 1)];
          const attrs = { filterSize: c.filter, strides: c.strides, pad: c.pad };
          const f = (input: tf.Tensor, dy: tf.Tensor) =>
            runKernel('MaxPoolGrad', { input, dy, output: dy }, attrs)[0];
          const dx = f(x, dy);
          expect(dx.shape).toEqual(c.x);
          expectClose(dx, onCpu([x, dy], f), 0);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('lets NaN through, and takes NaN for the largest', () => {
    const channels = [1, 5]; // by number, and by lane
    for (const n of channels) {
      const pixels = [1, nan, nan, 3, 2, 7, NEGATIVE_INFINITY, NEGATIVE_INFINITY, 4, nan];
      const input = tf.tensor4d(
        pixels.flatMap((v) => new Array(n).fill(v)),
        [1, 1, 10, n],
      );
      const dy = tf.tensor4d(
        [1, 2, 3, 4, nan].flatMap((v) => new Array(n).fill(v)),
        [1, 1, 5, n],
      );
      const attrs = { filterSize: [1, 2], strides: [1, 2], pad: 'valid' };
      const [dx] = runKernel('MaxPoolGrad', { input, dy, output: dy }, attrs);
      const expected = [0, 1, 2, 0, 0, 3, 4, 0, 0, nan];
      expectClose(
        dx,
        expected.flatMap((v) => new Array(n).fill(v)),
        0,
      );
    }
  });
});
