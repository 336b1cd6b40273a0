import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';
import { type WindowCase, windowCases } from '../../test/window-cases.js';

type Pad = WindowCase['pad'];
type Rounding = 'floor' | 'round' | 'ceil' | undefined;
type Convolution = (
  ...args: [tf.Tensor4D, tf.Tensor4D, [number, number], Pad, Rounding?, [number, number]?]
) => tf.Tensor;

const epilogue = (channels: number, activation: 'relu' | 'prelu' | 'elu' = 'relu') => ({
  bias: wholeNumbers([channels], 5),
  activation,
  ...(activation === 'prelu' && { preluActivationWeights: wholeNumbers([1, 1, channels], 6) }),
});

const convolutions: Record<string, Convolution> = {
  conv2d: (x, filter, strides, pad, rounding, dilations) =>
    tf.conv2d(x, filter, strides, pad, 'NHWC', dilations, rounding),
  depthwiseConv2d: (x, filter, strides, pad, rounding, dilations) =>
    tf.depthwiseConv2d(x, filter, strides, pad, 'NHWC', dilations, rounding),
  'fused.conv2d': (x, filter, strides, pad, dimRoundingMode) =>
    tf.fused.conv2d({ x, filter, strides, pad: pad as 'same', dimRoundingMode, ...epilogue(3) }),
  'fused.conv2d with prelu': (x, filter, strides, pad, dimRoundingMode) =>
    tf.fused.conv2d({ x, filter, strides, pad: pad as 'same', dimRoundingMode, ...epilogue(3, 'prelu') }),
  'fused.depthwiseConv2d': (x, filter, strides, pad, dimRoundingMode) =>
    tf.fused.depthwiseConv2d({
      ...{ x, filter, strides, pad: pad as 'same', dimRoundingMode },
      ...epilogue(3 * x.shape[3], 'elu'),
    }),
};
const pools: Record<
  string,
  (
    x: tf.Tensor4D,
    size: [number, number],
    strides: [number, number],
    pad: Pad,
    rounding?: Rounding,
  ) => tf.Tensor
> = { maxPool: tf.maxPool, avgPool: tf.avgPool };

const roundings = fc.constantFrom<Rounding>(undefined, 'floor', 'round', 'ceil');
/** tfjs takes a mode only with paddings in numbers. */
const modeFor = ({ pad }: WindowCase, rounding: Rounding) => (typeof pad === 'string' ? undefined : rounding);

describeKernels('convolutions and pools', () => {
  it.each(Object.entries({ ...convolutions, ...pools }))(
    '%s of an image smaller than its windows is empty, or an error',
    (name, f) => {
      const x = tf.ones<tf.Rank.R4>([2, 1, 6, 4]);
      const over = (strides: [number, number]) =>
        name in pools
          ? (f as (typeof pools)[string])(x, [3, 1], strides, 'valid')
          : (f as Convolution)(x, tf.ones([3, 1, 4, 3]), strides, 'valid');
      expect(over([3, 1]).shape).toEqual([2, 0, 6, name in pools ? 4 : name.includes('epth') ? 12 : 3]);
      expect(() => over([1, 1])).toThrow(
        /: the windows are larger than the image, \[1, 6\], expected one to fit/,
      );
    },
  );

  it.each(Object.keys(convolutions))('%s equals the cpu backend for any strides and paddings', (name) => {
    fc.assert(
      fc.property(windowCases(), roundings, (c, rounding) => {
        tf.tidy(() => {
          const inputs = [wholeNumbers(c.x, c.seed), wholeNumbers([...c.filter, c.x[3], 3], c.seed + 1)];
          const f = (x: tf.Tensor, filter: tf.Tensor) =>
            convolutions[name](
              x as tf.Tensor4D,
              filter as tf.Tensor4D,
              c.strides,
              c.pad,
              modeFor(c, rounding),
            );
          expectClose(f(inputs[0], inputs[1]), onCpu(inputs, f), 1e-5);
        });
      }),
      { numRuns: 150 },
    );
  });

  it.each(['conv2d', 'depthwiseConv2d'])('%s equals the cpu backend with dilated filters', (name) => {
    fc.assert(
      fc.property(windowCases([fc.nat(3)]), fc.constantFrom(2, 3), (c, dilation) => {
        tf.tidy(() => {
          const x = wholeNumbers([c.x[0], 12, 13, c.x[3]], c.seed);
          const inputs = [x, wholeNumbers([...c.filter, c.x[3], 3], c.seed + 1)];
          const f = (x: tf.Tensor, filter: tf.Tensor) =>
            convolutions[name](
              ...([x, filter, [1, 1], c.pad, undefined, [dilation, 1]] as Parameters<Convolution>),
            );
          expectClose(f(inputs[0], inputs[1]), onCpu(inputs, f), 1e-5);
        });
      }),
      { numRuns: 60 },
    );
  });

  it.each(Object.keys(pools))('%s equals the cpu backend where every window sees a pixel', (name) => {
    fc.assert(
      fc.property(windowCases(), roundings, (c, rounding) => {
        // The cpu backend returns its input for windows of one pixel if the shape stays, whatever the strides.
        if (c.filter.every((size) => size === 1)) return;
        tf.tidy(() => {
          const inputs = [wholeNumbers(c.x, c.seed)];
          const f = (x: tf.Tensor) =>
            pools[name](x as tf.Tensor4D, c.filter, c.strides, c.pad, modeFor(c, rounding));
          const expected = onCpu(inputs, f);
          if (Array.from(expected).some((y) => !Number.isFinite(y))) return;
          expectClose(f(inputs[0]), expected, 1e-5);
        });
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, [number, number], [number, number]]>([
    ['a wide filter', [1, 3], [1, 1]],
    ['a tall filter', [3, 1], [1, 1]],
    ['wide strides', [2, 2], [1, 3]],
    ['tall strides', [2, 2], [3, 1]],
  ])('write no number past their end under %s with a padding in numbers', (_, filter, strides) => {
    for (const pad of [0, 1, 2]) {
      const x = wholeNumbers([2, 9, 9, 4], 1) as tf.Tensor4D;
      const w = wholeNumbers([...filter, 4, 5], 2) as tf.Tensor4D;
      // What lies behind results in memory: tensors made before and after.
      const others = Array.from({ length: 40 }, (_, i) => wholeNumbers([300 + i], i));
      const before = others.map((other) => other.dataSync());
      for (let i = 0; i < 10; i++) {
        tf.tidy(() => {
          tf.conv2d(x, w, strides, pad);
          tf.depthwiseConv2d(x, w, strides, pad);
          tf.maxPool(x, filter, strides, pad);
          tf.avgPool(x, filter, strides, pad);
          others.push(wholeNumbers([257], i).clone());
        });
      }
      for (const [i, values] of before.entries()) expectClose(others[i], values, 0);
    }
  });

  it('have a gradient of the mean unless the pool rounds up, of which tfjs does not tell the gradient', () => {
    const x = wholeNumbers([1, 6, 6, 2], 1) as tf.Tensor4D;
    tf.tidy(() => {
      const f = (y: tf.Tensor) => tf.grad((z) => tf.avgPool(z as tf.Tensor4D, 3, 2, 0))(y);
      expectClose(f(x), onCpu([x], f), 1e-6);
    });
    const attrs = { filterSize: 3, strides: 2, pad: 0 };
    const dy = tf.ones([1, 3, 3, 2]); // of a pool with dimRoundingMode 'ceil'
    expect(() => tf.engine().runKernel('AvgPoolGrad', { dy, input: x }, attrs)).toThrow(
      /^AvgPoolGrad: dy is \[1,3,3,2\], expected \[1,2,2,2\].*Leave dimRoundingMode out/,
    );
  });

  it('equals the cpu backend with a single row skipped', () => {
    const inputs = [wholeNumbers([1, 6, 6, 1], 1), wholeNumbers([2, 2, 1, 1], 2)];
    const f = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 3, 'same');
    expect(f(inputs[0], inputs[1]).shape).toEqual([1, 2, 2, 1]);
    expectClose(f(inputs[0], inputs[1]), onCpu(inputs, f), 0);
  });

  it('has −∞ as the maximum and NaN as the mean of windows that see no pixel, as the cpu backend', () => {
    const inputs = [wholeNumbers([1, 4, 4, 1], 1)];
    for (const pool of Object.values(pools)) {
      const f = (x: tf.Tensor) => pool(x as tf.Tensor4D, [3, 1], [1, 1], 2);
      expect(Array.from(f(inputs[0]).dataSync())).toEqual(Array.from(onCpu(inputs, f)));
    }
  });
});
