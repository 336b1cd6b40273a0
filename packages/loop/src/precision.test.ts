import { roundToFormat } from '@evenkeel/lipschitz';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PrecisionEmulation, roundTo } from './precision.js';

describeOnBackends('PrecisionEmulation', (backend) => {
  it.each(['bf16', 'e4m3', 'e5m2'] as const)('rounds as the format does: %s', (format) => {
    const numbers = fc.float({ noNaN: true, noDefaultInfinity: true, min: -65536, max: 65536 });
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 50 }), (values) => {
        const array = Float32Array.from(values).map((x) => (Math.abs(x) < 1e-30 ? 0 : x));
        const expected = tf.tidy(() =>
          roundToFormat(tf.tensor1d(array), format, { saturate: true }).dataSync(),
        );
        expectClose(Array.from(roundTo(format, array)), Array.from(expected), 0);
      }),
    );
    expect(Array.from(roundTo(format, Float32Array.of(Infinity, Number.NaN, -0)))).toEqual([
      roundTo(format, Float32Array.of(3.4e38))[0],
      Number.NaN,
      -0,
    ]);
  });

  it('rounds what enters a product in a forward pass, and nothing else', () => {
    const [a, b] = [tf.tensor2d([[1.01, 300.4]]), tf.tensor2d([[1], [0.5]])];
    const emulation = new PrecisionEmulation('bf16');
    const before = tf.memory().numDataBuffers;
    const inside = emulation.run(() => tf.matMul(a, b));
    const outside = tf.matMul(a, b);
    expectClose(inside, [1.0078125 + 150], 0);
    expectClose(outside, [1.01 + 150.2], 1e-5);
    tf.dispose([inside, outside]);
    expect(tf.memory().numDataBuffers).toBe(before);
    const gradient = tf.grad((x) => emulation.run(() => tf.sum(tf.matMul(x as tf.Tensor2D, b))))(a);
    expectClose(gradient, [1, 0.5], 0);
    expectClose(a, [1.01, 300.4], 1e-4);
    emulation.dispose();
    expectClose(
      emulation.run(() => tf.matMul(a, b)),
      [1.01 + 150.2],
      1e-5,
    );
  });

  it('refuses formats it does not know', () => {
    expect(() => new PrecisionEmulation('fp4' as never)).toThrow(
      `train: precision is 'fp4', expected 'float32'`,
    );
    expect(['cpu', 'wasm']).toContain(backend);
  });
});
