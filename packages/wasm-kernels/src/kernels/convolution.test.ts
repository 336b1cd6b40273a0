import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';
import { runKernel } from '../../test/run-kernel.js';
import { outShape, type WindowCase, windowCases } from '../../test/window-cases.js';

/** Compares both gradients of a convolution of whole numbers, which float32 sums exactly. */
function checkGradients(c: WindowCase, filters: number): void {
  tf.tidy(() => {
    const filterShape = [...c.filter, c.x[3], filters];
    const [x, filter] = [wholeNumbers(c.x, c.seed), wholeNumbers(filterShape, c.seed + 1)];
    const dy = wholeNumbers(outShape(c, filters), c.seed + 2);
    const attrs = { strides: c.strides, pad: c.pad, dataFormat: 'NHWC' };
    const byFilter = (x: tf.Tensor, dy: tf.Tensor) =>
      runKernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape })[0];
    const byInput = (dy: tf.Tensor, filter: tf.Tensor) =>
      runKernel('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: c.x })[0];
    const [dw, dx] = [byFilter(x, dy), byInput(dy, filter)];
    expect(dw.shape).toEqual(filterShape);
    expect(dx.shape).toEqual(c.x);
    expectClose(dw, onCpu([x, dy], byFilter), 0);
    expectClose(dx, onCpu([dy, filter], byInput), 0);
  });
}

describeKernels('gradients of conv2d', () => {
  it('equal the cpu backend for any sizes, strides and paddings', () => {
    fc.assert(fc.property(windowCases(), fc.constantFrom(1, 2, 3, 4, 7, 8, 9), checkGradients), {
      numRuns: 150,
    });
  });

  it.each([
    ['3×3 filters', { x: [2, 33, 17, 5], filter: [3, 3], strides: [1, 1], pad: 'same', seed: 1 }],
    ['5×2 filters in strides', { x: [3, 29, 31, 3], filter: [5, 2], strides: [2, 1], pad: 'valid', seed: 2 }],
    ['1×1 filters', { x: [2, 20, 20, 13], filter: [1, 1], strides: [1, 1], pad: 'same', seed: 3 }],
    ['1×1 filters in strides', { x: [2, 39, 39, 4], filter: [1, 1], strides: [2, 2], pad: 'same', seed: 4 }],
  ] as [string, WindowCase][])(
    'equal the cpu backend for more windows than it copies at a time: %s',
    (_, c) => {
      checkGradients(c, 11);
    },
  );

  it('equal the cpu backend through tf.conv1d and tf.conv2dTranspose', () => {
    const conv1d = (x: tf.Tensor, w: tf.Tensor) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'same');
    const transpose = (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 6, 8, 4], 2, 'same');
    for (const [f, xShape, wShape] of [
      [conv1d, [2, 9, 3], [3, 3, 5]],
      [transpose, [2, 3, 4, 5], [3, 3, 4, 5]],
    ] as const) {
      const inputs = [wholeNumbers([...xShape], 1), wholeNumbers([...wShape], 2)];
      const gradients = (...inputs: tf.Tensor[]) =>
        tf.concat(
          tf
            .grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.square(f(x, w))))(inputs)
            .map((g) => tf.reshape(g, [-1])),
        );
      expectClose(gradients(...inputs), onCpu(inputs, gradients), 0);
    }
  });

  it('are zero without examples', () => {
    const [dw] = runKernel(
      'Conv2DBackpropFilter',
      { x: tf.zeros([0, 4, 4, 2]), dy: tf.zeros([0, 4, 4, 3]) },
      { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3] },
    );
    expectClose(dw, new Float32Array(54), 0);
  });

  it('let NaN through', () => {
    const dy = tf.tensor4d([1, 1, 1, Number.NaN], [1, 2, 2, 1]);
    const attrs = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC' };
    const [x, filter] = [tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1])];
    const [dw] = runKernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape });
    expectClose(dw, [Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    const [dx] = runKernel('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape });
    expectClose(dx, [1, 2, 1, 2, Number.NaN, Number.NaN, 1, Number.NaN, Number.NaN]);
  });

  it('refuse channels first by the filter, and leave it to tfjs by the image', () => {
    const c = { strides: [1, 1], pad: 'valid', dataFormat: 'NCHW' };
    const [x, dy, filter] = [
      wholeNumbers([1, 2, 3, 3], 1),
      wholeNumbers([1, 3, 2, 2], 2),
      wholeNumbers([2, 2, 2, 3], 3),
    ];
    expect(() => runKernel('Conv2DBackpropFilter', { x, dy }, { ...c, filterShape: filter.shape })).toThrow(
      "wasm backend Conv2DBackpropFilter does not support dataFormat:'channelsFirst'. Please use 'channelsLast'.",
    );
    const byInput = (dy: tf.Tensor, filter: tf.Tensor) =>
      runKernel('Conv2DBackpropInput', { dy, filter }, { ...c, inputShape: x.shape })[0];
    expectClose(byInput(dy, filter), onCpu([dy, filter], byInput), 0);
  });

  it('refuse a dy of another batch', () => {
    expect(() =>
      runKernel(
        'Conv2DBackpropFilter',
        { x: tf.ones([2, 3, 3, 1]), dy: tf.ones([1, 2, 2, 1]) },
        { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', filterShape: [2, 2, 1, 1] },
      ),
    ).toThrow("Conv2DBackpropFilter: input 'dy' is float32 [1,2,2,1], expected float32 [2,2,2,1].");
  });
});
