import { dropoutMask } from '@evenkeel/ops';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { dropout } from './dropout.js';

describeOnBackends('dropout', () => {
  it('drops what attention drops: there is one mask', () => {
    const x = tf.ones([3, 50]);
    for (const rate of [0.1, 1 / 3, 0.5, 0.9]) {
      const y = dropout(x, { rate, seed: 7 });
      expectClose(y, dropoutMask([3, 50], rate, 7).dataSync(), 0);
      const kept = [...y.dataSync()].filter((value) => value !== 0);
      expect(Math.abs(kept.length / 150 - (1 - rate))).toBeLessThan(0.15);
    }
    expect(dropout(x, { rate: 0, seed: 7 })).toBe(x);
  });
});
