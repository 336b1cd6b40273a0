import { empiricalLipschitz } from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

describeOnBackends('empiricalLipschitz', () => {
  it('finds the norm of a linear map, in RMS units', () => {
    const weight = tf.tensor2d([
      [3, 0, 0, 0],
      [0, 4, 0, 0],
    ]);
    const forward = (x: tf.Tensor) => tf.matMul(x, weight, false, true);
    const found = empiricalLipschitz(forward, tf.randomNormal([2, 4], 0, 1, 'float32', 1));
    expect(found).toBeCloseTo(4 * Math.sqrt(4 / 2), 4);
  });

  it('climbs to where a function is steepest', () => {
    // The slope of tanh(4x) is 4 at 0, and next to nothing where the search starts.
    const forward = (x: tf.Tensor) => tf.tanh(tf.mul(x, 4));
    expect(empiricalLipschitz(forward, tf.tensor2d([[1]]), { steps: 0 })).toBeLessThan(0.1);
    expect(empiricalLipschitz(forward, tf.tensor2d([[1]]))).toBeGreaterThan(3.9);
  });

  it('takes the token that moves most, not the mean', () => {
    const gains = tf.tensor3d([[[1], [5], [2]]]);
    const found = empiricalLipschitz((x) => tf.mul(x, gains), tf.ones([1, 3, 2]));
    expect(found).toBeCloseTo(5, 4);
  });

  it('stays inside the ball', () => {
    let largest = 0;
    const forward = (x: tf.Tensor) => {
      const rms = tf.sqrt(tf.max(tf.mean(tf.square(x), -1))).dataSync()[0];
      largest = Math.max(largest, rms);
      return tf.square(x); // steeper outside
    };
    const found = empiricalLipschitz(forward, tf.ones([1, 4]), { inputRms: 2 });
    expect(largest).toBeLessThanOrEqual(2 + 1e-5);
    expect(largest).toBeGreaterThan(1.9);
    // One feature of 4 may hold it all: 2 · 2 · √4.
    expect(found).toBeLessThanOrEqual(8);
    expect(found).toBeGreaterThan(5);
  });

  it('is 0 for a constant, also from zero inputs', () => {
    expect(empiricalLipschitz((x) => tf.mul(x, 0), tf.zeros([2, 3]))).toBe(0);
  });

  it('rejects inputs without a batch axis, no inputs, and outputs that are not finite', () => {
    expect(() => empiricalLipschitz((x) => x, tf.ones([3]))).toThrow('inputs of shape [3]');
    expect(() => empiricalLipschitz((x) => x, tf.ones([0, 3]))).toThrow('inputs of shape [0,3]');
    expect(() => empiricalLipschitz((x) => tf.log(tf.mul(x, -1)), tf.ones([1, 3]))).toThrow(
      'example 0 has gain NaN',
    );
  });
});
