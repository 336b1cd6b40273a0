import { describeOnBackends, expectClose, expectGradientMatchesDifferences } from '@evenkeel/testing';

import * as tf from '@tensorflow/tfjs';
import { it } from 'vitest';
import { mixtureOfExperts, routedShares } from './experts.js';
import { type GPTConfig, resolveConfig } from './index.js';
import { mlp } from './mlp.js';

const config: GPTConfig = {
  architecture: 'llama',
  vocabSize: 4,
  contextLength: 4,
  layers: 1,
  heads: 1,
  width: 2,
  mlpWidth: 3,
  experts: 3,
  activeExperts: 2,
};

const NO_ADAPTERS = { adapters: [], prefix: '', training: false, seed: 0 };

describeOnBackends('routedShares', () => {
  it('is the softmax over the largest scores', () => {
    const scores = tf.tensor2d([
      [1, 3, 2],
      [0, -1, 5],
    ]);
    const s = (a: number, b: number) => 1 / (1 + Math.exp(b - a));
    expectClose(routedShares(scores, 2), [0, s(3, 2), s(2, 3), s(0, 5), 0, s(5, 0)], 1e-6);
  });

  it('chooses exactly k of equal scores', () => {
    expectClose(routedShares(tf.zeros([1, 4]), 2), [0.5, 0.5, 0, 0], 1e-6);
  });

  it('has the gradient of that softmax', () => {
    const scores = tf.tensor2d([[0.3, -1, 0.9, 0.1]]);
    const weights = tf.tensor2d([[1, -2, 3, 0.5]]);
    expectGradientMatchesDifferences((x) => tf.sum(tf.mul(routedShares(x, 3), weights)), scores);
  });
});

describeOnBackends('mixtureOfExperts', () => {
  it('mixes the answers of the chosen experts', () => {
    const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
    const expert = (e: number) => ({
      'gate.weight': random([3, 2], 10 * e),
      'up.weight': random([3, 2], 10 * e + 1),
      'down.weight': random([2, 3], 10 * e + 2),
    });
    const experts = [1, 2, 3].map(expert);
    const weights: Record<string, tf.Tensor> = { 'router.weight': tf.tensor2d([2, 0, 0, 2, 1, 1], [3, 2]) };
    experts.forEach((one, e) => {
      for (const [name, weight] of Object.entries(one)) weights[`experts.${e}.${name}`] = weight;
    });
    const resolved = resolveConfig(config);
    const x = tf.tensor2d([[3, 0]]); // scores 6, 0, 3
    const p = 1 / (1 + Math.exp(-3));
    const answers = experts.map((one) => mlp(x, one, resolved, NO_ADAPTERS, () => {}));
    const wanted = tf.add(tf.mul(answers[0], p), tf.mul(answers[2], 1 - p));
    expectClose(
      mixtureOfExperts(x, weights, resolved, NO_ADAPTERS, () => {}),
      wanted,
      1e-5,
    );
  });
});
