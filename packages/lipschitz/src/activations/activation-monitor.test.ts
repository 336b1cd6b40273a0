import { activationMonitor } from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

describeOnBackends('activationMonitor', () => {
  it('reports the largest entry of each activation, and which entries each format holds', () => {
    const report = activationMonitor((tap) => {
      tap('small', tf.tensor1d([0, 1, -3.3, 2 ** -8, 1e-5, 2 ** -13]));
      tap('large', tf.tensor2d([[-1e6, 500, 3, 1]]));
    });
    expect(report.largest).toBe(1e6);
    expect(report.activations).toEqual([
      // 2⁻⁸ is a subnormal of e4m3, but held exactly; 10⁻⁵ and 2⁻¹³ are too small for it, 10⁻⁵ for e5m2.
      {
        name: 'small',
        entries: 6,
        largest: Math.fround(3.3),
        entriesSurviving: { e4m3: 4 / 6, e5m2: 5 / 6, bf16: 1 },
      },
      { name: 'large', entries: 4, largest: 1e6, entriesSurviving: { e4m3: 0.5, e5m2: 0.75, bf16: 1 } },
    ]);
  });

  it('counts products whose factors a format holds, and not those that lost one', () => {
    const weight = tf.tensor2d([
      [0.3, 0.7],
      [2000, 0],
      [0, 1e-6],
    ]);
    const activation = tf.tensor2d([
      [1.1, 1],
      [0.5, 1],
    ]);
    const { activations } = activationMonitor((tap) => tap('x', activation, weight), {
      formats: ['e4m3', 'e5m2'],
    });
    expect(activations[0].entriesSurviving).toEqual({ e4m3: 1, e5m2: 1 });
    // e4m3 has neither 2000 nor 10⁻⁶; e5m2 has the first.
    expect(activations[0].productsSurviving?.e4m3).toBeCloseTo(1 / 3, 6);
    expect(activations[0].productsSurviving?.e5m2).toBeCloseTo(2 / 3, 6);
  });

  it('adds up what has the same name, over batches, and passes activations on', () => {
    const x = tf.ones([2, 3]);
    const { activations } = activationMonitor((tap) => {
      expect(tap('x', x, tf.ones([4, 3]))).toBe(x);
      tap('x', tf.fill([1, 3], 1e9), tf.ones([4, 3]));
    });
    expect(activations).toHaveLength(1);
    expect(activations[0]).toMatchObject({ entries: 9, largest: 1e9 });
    expect(activations[0].entriesSurviving.e4m3).toBeCloseTo(6 / 9, 6);
    expect(activations[0].productsSurviving?.e4m3).toBeCloseTo(8 / 12, 6);
  });

  it('shows NaN and infinities as what they are', () => {
    const { largest, activations } = activationMonitor((tap) =>
      tap('x', tf.tensor1d([Number.NaN, 1, -Infinity, 2])),
    );
    expect(largest).toBe(Infinity);
    expect(activations[0].entriesSurviving).toEqual({ e4m3: 0.5, e5m2: 0.5, bf16: 0.5 });
  });

  it('holds almost all of a well-scaled layer in fp8, and its products too', () => {
    const x = tf.randomNormal([64, 32], 0, 1, 'float32', 1);
    const weight = tf.randomNormal([32, 32], 0, 0.2, 'float32', 2);
    const { activations } = activationMonitor((tap) => tap('x', x, weight));
    expect(activations[0].entriesSurviving.e4m3).toBeGreaterThan(0.97);
    expect(activations[0].productsSurviving).toEqual({ e4m3: 1, e5m2: 1, bf16: 1 });
  });

  it('rejects runs without a tap, formats that do not exist and weights that do not fit', () => {
    expect(() => activationMonitor(() => 0)).toThrow('no activation was tapped');
    expect(() => activationMonitor((tap) => tap('x', tf.ones([2])), { formats: ['fp4' as 'bf16'] })).toThrow(
      "activationMonitor: format is 'fp4'",
    );
    expect(() => activationMonitor((tap) => tap('x', tf.ones([2, 3]), tf.ones([3, 2])))).toThrow(
      "'x' has shape [2,3] and its weight [3,2], expected [out, 3]",
    );
  });
});
