import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { random, runKernel } from '../../test/run-kernel.js';
import { Gelu, GeluGrad, RotaryEmbedding, Silu, SiluGrad } from '../kernel-names.js';

const definitions = {
  gelu: (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)),
  geluTanh: (x: tf.Tensor) => {
    const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  },
  silu: (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x)),
};

describeKernels('activations', () => {
  it.each([
    ['gelu', Gelu, GeluGrad, { approximate: 'none' }],
    ['geluTanh', Gelu, GeluGrad, { approximate: 'tanh' }],
    ['silu', Silu, SiluGrad, {}],
  ] as const)('%s equals its definition, forward and backward', (key, name, gradName, attrs) => {
    for (const size of [0, 1, 3, 4, 21]) {
      const [x, dy] = [tf.mul(random([size], size), 4), random([size], size + 1)];
      expectClose(runKernel(name, { x }, attrs)[0], definitions[key](x).dataSync(), 2e-6);
      if (size === 0) continue;
      const expected = tf.grad((x) => tf.sum(tf.mul(definitions[key](x), dy)))(x);
      expectClose(runKernel(gradName, { x, dy }, attrs)[0], expected.dataSync(), 5e-6);
    }
  });

  it('keep NaN and refuse an unknown approximation', () => {
    const x = tf.tensor1d([Number.NaN, 1]);
    for (const name of [Gelu, Silu]) expect(Number.isNaN(runKernel(name, { x })[0].dataSync()[0])).toBe(true);
    expect(() => runKernel(Gelu, { x }, { approximate: 'erf' })).toThrow(
      "'approximate' is 'erf', expected 'none' or 'tanh'",
    );
  });
});

describeKernels(RotaryEmbedding, () => {
  it.each([2, 6, 8, 10])('turns pairs of %i numbers by the angle of their position, and back', (width) => {
    const [x, angles] = [random([2, 3, 5, width], 1), random([5, width / 2], 2)];
    const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
    const [y] = runKernel(RotaryEmbedding, { x, cos, sin }, { layout: 'half' });
    const [x1, x2] = tf.split(x, 2, -1);
    const expected = tf.concat(
      [tf.sub(tf.mul(x1, cos), tf.mul(x2, sin)), tf.add(tf.mul(x2, cos), tf.mul(x1, sin))],
      -1,
    );
    expectClose(y, expected.dataSync(), 1e-6);
    const back = runKernel(RotaryEmbedding, { x: y, cos, sin: tf.neg(sin) }, { layout: 'half' });
    expectClose(back[0], x.dataSync(), 1e-5);
  });

  it('refuses another layout', () => {
    const [x, angles] = [random([1, 2, 4], 1), random([2, 2], 2)];
    expect(() =>
      runKernel(RotaryEmbedding, { x, cos: angles, sin: angles }, { layout: 'interleaved' }),
    ).toThrow("attribute 'layout' is 'interleaved', expected 'half'");
  });
});
