import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';
import { runKernel } from '../../test/run-kernel.js';
import { eachTap, outShape, windowCases } from '../../test/window-cases.js';

/** Both gradients by their definition, in float64. */
function gradients64(
  c: Parameters<typeof eachTap>[0],
  dilations: [number, number],
  [x, filter, dy]: tf.Tensor[],
): { dw: number[]; dx: number[] } {
  const [xs, ws, dys] = [x, filter, dy].map((t) => t.dataSync());
  const [channels, multiplier] = filter.shape.slice(2);
  const [dw, dx] = [filter, x].map((t) => new Array<number>(t.size).fill(0));
  eachTap(c, dilations, ([b, p, q], [i, j], [, row, column]) => {
    for (let k = 0; k < channels * multiplier; k++) {
      const xAt = ((b * x.shape[1]! + row) * x.shape[2]! + column) * channels + Math.floor(k / multiplier);
      const wAt = (i * c.filter[1] + j) * channels * multiplier + k;
      const g = dys[((b * dy.shape[1]! + p) * dy.shape[2]! + q) * channels * multiplier + k];
      dw[wAt] += g * xs[xAt];
      dx[xAt] += g * ws[wAt];
    }
  });
  return { dw, dx };
}

describeKernels('gradients of depthwiseConv2d', () => {
  it('equal their definition and the cpu backend for any sizes, strides, dilations and paddings', () => {
    const dilations = fc.oneof(
      fc.constant([1, 1] as [number, number]),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    );
    const cases = fc
      .tuple(windowCases(), fc.constantFrom(1, 1, 2, 3, 4, 5), dilations)
      .filter(
        ([c, , d]) =>
          d[0] * d[1] === 1 || (typeof c.pad !== 'number' && outShape(c, 1, d).every((n) => n > 0)),
      );
    fc.assert(
      fc.property(cases, ([c, multiplier, dilations]) => {
        tf.tidy(() => {
          const filterShape = [...c.filter, c.x[3], multiplier];
          const outputs = outShape(c, c.x[3] * multiplier, dilations);
          const [x, filter, dy] = [c.x, filterShape, outputs].map((shape, i) =>
            wholeNumbers(shape, c.seed + i),
          );
          const attrs = { strides: c.strides, pad: c.pad, dilations };
          const byFilter = (x: tf.Tensor, dy: tf.Tensor) =>
            runKernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attrs, filterShape })[0];
          const byInput = (dy: tf.Tensor, filter: tf.Tensor) =>
            runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attrs, inputShape: c.x })[0];
          const [dw, dx] = [byFilter(x, dy), byInput(dy, filter)];
          const expected = gradients64(c, dilations, [x, filter, dy]);
          expect(dw.shape).toEqual(filterShape);
          expect(dx.shape).toEqual(c.x);
          expectClose(dw, expected.dw, 0);
          expectClose(dx, expected.dx, 0);
          if (dilations[0] * dilations[1] > 1) return; // tfjs's cpu kernels ignore dilations
          expectClose(dw, onCpu([x, dy], byFilter), 0);
          expectClose(dx, onCpu([dy, filter], byInput), 0);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('let NaN through in its channel only', () => {
    const dy = tf.tensor4d([1, Number.NaN, 1, 1, 1, 1, 1, 1], [1, 2, 2, 2]);
    const attrs = { strides: [1, 1], pad: 'valid', dilations: [1, 1] };
    const [x, filter] = [tf.ones([1, 2, 2, 2]), tf.ones([1, 1, 2, 1])];
    const [dw] = runKernel(
      'DepthwiseConv2dNativeBackpropFilter',
      { x, dy },
      { ...attrs, filterShape: [1, 1, 2, 1] },
    );
    expectClose(dw, [4, Number.NaN]);
    const [dx] = runKernel(
      'DepthwiseConv2dNativeBackpropInput',
      { dy, filter },
      { ...attrs, inputShape: x.shape },
    );
    expectClose(dx, dy);
  });

  it('refuse a dy of another number of channels', () => {
    expect(() =>
      runKernel(
        'DepthwiseConv2dNativeBackpropFilter',
        { x: tf.ones([1, 3, 3, 2]), dy: tf.ones([1, 2, 2, 2]) },
        { strides: [1, 1], pad: 'valid', dilations: [1, 1], filterShape: [2, 2, 2, 2] },
      ),
    ).toThrow("input 'dy' is float32 [1,2,2,2], expected float32 [1,2,2,4].");
  });
});
