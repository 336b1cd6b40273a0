import * as ops from '@evenkeel/ops';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { random } from '../test/expect-same-function.js';

const heads = [2, 2, 3, 4];
const calls: [string, (...inputs: tf.Tensor[]) => tf.Tensor, number[][]][] = [
  ['linear', ops.linear, [[2, 3], [4, 3], [4]]], // biome-ignore format: one line
  ['embedding', (table) => tf.tidy(() => ops.embedding(table, tf.tensor1d([0, 1, 1], 'int32'))), [[2, 3]]],
  ['layerNorm', (x, gain, bias) => ops.layerNorm(x, gain, bias), [[2, 3], [3], [3]]],
  ['rmsNorm', (x, gain) => ops.rmsNorm(x, gain), [[2, 3], [3]]],
  ['gelu', (x) => ops.gelu(x), [[2, 3]]],
  ['gelu, tanh', (x) => ops.gelu(x, { approximate: 'tanh' }), [[2, 3]]],
  ['silu', ops.silu, [[2, 3]]],
  ['maxMin', ops.maxMin, [[2, 4]]],
  ['rotaryEmbedding', (x) => ops.rotaryEmbedding(x, { frequencies: [1] }), [[2, 3]]],
  ['causalAttention', (q, k, v) => ops.causalAttention(q, k, v, { dropout: 0.5 }), [heads, heads, heads]],
  ['sumOfSquares', ops.sumOfSquares, [[2, 3]]],
  ['innerProduct', ops.innerProduct, [[2, 3], [2, 3]]], // biome-ignore format: one line
];

describeOnBackends('memory', () => {
  it.each(calls)('of %s holds its result, its gradients and nothing else', (_, op, shapes) => {
    const inputs = shapes.map((shape, i) => random(shape, i));
    const before = tf.memory().numTensors;
    op(...inputs);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.grads((...xs) => op(...xs))(inputs);
    expect(tf.memory().numTensors).toBe(before + 1 + inputs.length);
  });

  it('stays the same from one training step to the next', () => {
    const [table, weight, gain] = [[5, 4], [5, 4], [4]].map((shape, i) => tf.variable(random(shape, i))); // biome-ignore format: one line
    const optimizer = tf.train.sgd(0.1);
    const step = () =>
      optimizer.minimize(() => {
        const x = ops.embedding(table, tf.tensor2d([[0, 1, 4]], [1, 3], 'int32'));
        const heads = tf.expandDims(ops.rotaryEmbedding(ops.rmsNorm(x, gain)), 1);
        return ops.sumOfSquares(ops.linear(ops.silu(ops.causalAttention(heads, heads, heads)), weight));
      });
    step();
    const [{ numTensors, numBytes }] = [tf.memory()];
    for (let i = 0; i < 3; i++) step();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(tf.memory().numBytes).toBe(numBytes);
    optimizer.dispose();
  });
});
