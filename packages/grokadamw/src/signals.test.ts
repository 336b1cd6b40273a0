import { TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { GrokAdamW, type GrokkingSignal, grokAdamW, lossGapSignal } from './index.js';

describe('lossGapSignal', () => {
  it.each([
    [1, 2, 0.5],
    [2, 1, 0],
    [0, 0, 0],
    [0, 3, 1],
    [-2, -1, 0], // as the published code, which asks for a positive loss
    [null, 1, null],
    [1, undefined, null],
    [1, Number.NaN, null],
    [1, Infinity, null],
    [Infinity, Infinity, null],
  ])('train %s, evaluation %s → %s', (train, evaluation, expected) => {
    const signal = lossGapSignal(
      () => train,
      () => evaluation,
    );
    expect(signal()).toBe(expected);
  });

  it('refuses losses in the place of functions, which would never change', () => {
    expect(() => lossGapSignal(1 as never, (() => 2) as never)).toThrow(
      'lossGapSignal: trainLoss is 1, expected a function that returns the latest loss',
    );
    expect(() => lossGapSignal(() => 1, undefined as never)).toThrow('lossGapSignal: evalLoss is undefined');
  });
});

describeOnBackends('grokking signals', () => {
  it('can be read, with alpha, from the optimizer that tf.layers is given', () => {
    let gap: number | null = null;
    const optimizer = new GrokAdamW({
      alphaInit: 0.5,
      grokkingSignalDecayRate: 1,
      grokkingSignals: [() => gap],
    });
    const w = tf.variable(tf.ones([1]), true, 'w');
    const read = () => {
      optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar);
      return [optimizer.signal, optimizer.alpha];
    };
    expect([optimizer.signal, optimizer.alpha]).toEqual([null, 0.5]);
    expect(read()).toEqual([null, 0.5]);
    gap = 2;
    expect(read()).toEqual([2, 0.5 * Math.exp(-2)]);
    gap = -1; // as published, a negative signal lengthens the memory
    expect(read()).toEqual([-1, 0.5 * Math.exp(1)]);
    optimizer.dispose();
  });

  it('are read once per step, however many parameters there are', () => {
    let reads = 0;
    const optimizer = new TransformOptimizer(grokAdamW({ grokkingSignals: [() => ++reads] }));
    const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.ones([1]), true, name));
    const step = () => optimizer.minimize(() => tf.sum(tf.mul(a, b)) as tf.Scalar);
    step();
    step();
    expect(reads).toBe(2);
    optimizer.dispose();
  });

  it('cannot be written into a model file, and are not dropped from it silently', () => {
    const optimizer = new GrokAdamW({ grokkingSignals: [() => 1] });
    expect(() => optimizer.getConfig()).toThrow("GrokAdamW: option 'grokkingSignals' holds a function");
    expect(new GrokAdamW({ grokkingSignals: [] }).getConfig()).toEqual({ grokkingSignals: [] });
  });

  it('are a list of functions', () => {
    const signal: GrokkingSignal = () => 1;
    expect(() => grokAdamW({ grokkingSignals: signal as never })).toThrow(
      'grokAdamW: grokkingSignals is a function, expected a list of functions',
    );
    expect(() => grokAdamW({ grokkingSignals: [signal, 0.5 as never] })).toThrow(
      'grokAdamW: grokkingSignals[1] is 0.5, expected a function',
    );
  });
});
