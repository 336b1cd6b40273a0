import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';
import { windowCases } from '../../test/window-cases.js';

const convolutions: Record<
  string,
  (...args: [tf.Tensor4D, tf.Tensor4D, [number, number], 'same']) => tf.Tensor
> = {
  conv2d: tf.conv2d,
  depthwiseConv2d: tf.depthwiseConv2d,
  'fused.conv2d': (x, filter, strides, pad) =>
    tf.fused.conv2d({ x, filter, strides, pad, bias: tf.ones([3]), activation: 'relu' }),
  'fused.depthwiseConv2d': (x, filter, strides, pad) =>
    tf.fused.depthwiseConv2d({
      x,
      filter,
      strides,
      pad,
      bias: tf.ones([3 * x.shape[3]]),
      activation: 'relu6',
    }),
};

describeKernels("padding 'same'", () => {
  it.each(Object.keys(convolutions))(
    '%s equals the cpu backend, where strides pass over pixels too',
    (name) => {
      fc.assert(
        fc.property(windowCases([]), (c) => {
          tf.tidy(() => {
            const inputs = [wholeNumbers(c.x, c.seed), wholeNumbers([...c.filter, c.x[3], 3], c.seed + 1)];
            const f = (x: tf.Tensor, filter: tf.Tensor) =>
              convolutions[name](x as tf.Tensor4D, filter as tf.Tensor4D, c.strides, 'same');
            expectClose(f(inputs[0], inputs[1]), onCpu(inputs, f), 0);
          });
        }),
        { numRuns: 100 },
      );
    },
  );

  it('equals the cpu backend with a single row skipped', () => {
    const inputs = [wholeNumbers([1, 6, 6, 1], 1), wholeNumbers([2, 2, 1, 1], 2)];
    const f = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 3, 'same');
    expect(f(inputs[0], inputs[1]).shape).toEqual([1, 2, 2, 1]);
    expectClose(f(inputs[0], inputs[1]), onCpu(inputs, f), 0);
  });
});
