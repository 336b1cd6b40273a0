import { dropoutHash } from '@evenkeel/ops';
import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { random, runKernel } from '../../test/run-kernel.js';
import { CausalAttention, CausalAttentionGrad } from '../kernel-names.js';

interface Attributes {
  scale: number;
  offset: number;
  window: number;
  dropout: number;
  seed: number;
}

/** Attention as it is defined, with a [time, timeK] matrix of scores and one of what is kept. */
function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, attributes: Attributes): tf.Tensor {
  const { scale, offset, window, dropout, seed } = attributes;
  const [batch, heads, time] = q.shape;
  const timeK = k.shape[2]!;
  const repeat = (x: tf.Tensor) => {
    const [batch, keyHeads, time, width] = x.shape;
    const one = tf.reshape(x, [batch, keyHeads, 1, time, width]);
    const tiled = tf.concat(new Array<tf.Tensor>(heads / keyHeads).fill(one), 2);
    return tf.reshape(tiled, [batch, heads, time, width]);
  };
  const mask = tf.tensor2d(
    Array.from({ length: time }, (_, i) =>
      Array.from({ length: timeK }, (_, j) => (j <= i + offset && j > i + offset - window ? 0 : -1e30)),
    ),
    [time, timeK],
  );
  const kept = Float32Array.from({ length: batch * heads * time * timeK }, (_, n) =>
    dropoutHash(n, seed) < dropout * 2 ** 32 ? 0 : 1 / (1 - dropout),
  );
  const scores = tf.add(
    tf.mul(tf.matMul(q, repeat(k), false, true), scale),
    tf.reshape(mask, [1, 1, time, timeK]),
  );
  return tf.matMul(tf.mul(tf.softmax(scores), tf.tensor(kept, [batch, heads, time, timeK])), repeat(v));
}

const settings = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  keyHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  time: fc.constantFrom(1, 2, 5, 31, 32, 33, 70),
  cached: fc.constantFrom(0, 1, 3, 40),
  unused: fc.constantFrom(0, 0, 2, 35),
  width: fc.constantFrom(1, 3, 4, 8, 17),
  window: fc.constantFrom(1, 2, 20, 40, 1000),
  dropout: fc.constantFrom(0, 0, 0.1, 0.9),
  dropoutSeed: fc.constantFrom(0, 5, 2 ** 31, 2 ** 32 - 1),
});

describeKernels(CausalAttention, () => {
  it('equals its definition, forward and backward, for grouped queries, caches, windows and dropout', () => {
    fc.assert(
      fc.property(settings, fc.nat(), (setting, seed) => {
        const { batch, keyHeads, group, time, cached, unused, width, window, dropout, dropoutSeed } = setting;
        tf.tidy(() => {
          const q = random([batch, keyHeads * group, time, width], seed);
          const shapeK = [batch, keyHeads, cached + time + unused, width];
          const [k, v] = [1, 2].map((i) => random(shapeK, seed + i));
          const dy = random(q.shape, seed + 3);
          const attributes = { scale: 0.3, offset: cached, window, dropout, seed: dropoutSeed };
          const [o, logSumExp] = runKernel(CausalAttention, { q, k, v }, attributes);
          const tolerance = { rtol: 1e-4, atol: 1e-4 * (1 / (1 - dropout)) };
          const { grads } = tf.valueAndGrads((q, k, v) => tf.sum(tf.mul(attention(q, k, v, attributes), dy)))(
            [q, k, v],
          );
          expectClose(o, attention(q, k, v, attributes).dataSync(), tolerance);
          const found = runKernel(CausalAttentionGrad, { dy, q, k, v, o, logSumExp }, attributes);
          found.forEach((gradient, i) => {
            expect(gradient.shape).toEqual(grads[i].shape);
            expectClose(gradient, grads[i].dataSync(), tolerance);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('sees nothing of what comes later, NaN included', () => {
    const [q, k] = [random([1, 1, 40, 4], 1), random([1, 1, 40, 4], 2)];
    const last = tf.concat([tf.zeros([1, 1, 39, 4]), tf.fill([1, 1, 1, 4], Number.NaN)], 2);
    const [clean] = runKernel(CausalAttention, { q, k, v: k }, { scale: 1 });
    const [poisoned] = runKernel(CausalAttention, { q, k: tf.add(k, last), v: k }, { scale: 1 });
    const upTo39 = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [1, 1, 39, 4]);
    expectClose(upTo39(poisoned), upTo39(clean).dataSync(), 0);
    expect(Number.isNaN(poisoned.dataSync()[39 * 4])).toBe(true);
  });

  it('keeps its working memory to itself', () => {
    const q = random([1, 2, 33, 8], 1);
    const call = () => tf.dispose(runKernel(CausalAttention, { q, k: q, v: q }, { scale: 1 }));
    call();
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    for (let i = 0; i < 1000; i++) call();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  });

  it('refuses what it cannot read, and attributes it does not know', () => {
    const q = random([1, 3, 4, 2], 1);
    const run = (inputs: Record<string, tf.Tensor>, attrs: object) => () =>
      runKernel(CausalAttention, inputs, attrs);
    const two = random([1, 2, 4, 2], 1);
    expect(run({ q, k: two, v: two }, { scale: 1 })).toThrow('a number of heads that divides those of q');
    expect(run({ q, k: q, v: two }, { scale: 1 })).toThrow(
      "input 'v' is float32 [1,2,4,2], expected float32 [1,3,4,2]",
    );
    expect(run({ q, k: q, v: q }, {})).toThrow("attribute 'scale' is undefined");
    expect(run({ q, k: q, v: q }, { scale: 1, window: 0 })).toThrow("attribute 'window' is 0");
    expect(run({ q, k: q, v: q }, { scale: 1, offset: 1 })).toThrow(
      "attribute 'offset' is 1, expected a whole number from 0 to timeK − time",
    );
    expect(run({ q, k: q, v: q }, { scale: 1, dropout: 1 })).toThrow("attribute 'dropout' is 1, expected 0");
    expect(run({ q, k: q, v: q }, { scale: 1, seed: -1 })).toThrow("attribute 'seed' is -1");
    expect(run({ q, k: q, v: q }, { scale: 1, alibi: 0.1 })).toThrow(
      "attribute 'alibi' came, expected scale, offset, window, dropout, seed",
    );
  });
});
