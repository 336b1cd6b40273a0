import { type CausalAttentionOptions, causalAttention } from '@evenkeel/ops';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  expectGradientsMatchDifferences,
  expectSameFunction,
  expectSecondDerivativeMatchesDifferences,
  random,
} from '../test/expect-same-function.js';

type Heads = number[][][][];

/** The definition in float64. */
function inFloat64(q: Heads, k: Heads, v: Heads, scale: number, offset: number, window: number): number[] {
  const group = q[0].length / k[0].length;
  return q.flatMap((heads, b) =>
    heads.flatMap((rows, h) =>
      rows.flatMap((row, i) => {
        const [keys, values] = [k[b][Math.floor(h / group)], v[b][Math.floor(h / group)]];
        const weights = keys.map((key, j) =>
          j <= i + offset && j > i + offset - window
            ? Math.exp(scale * key.reduce((sum, x, n) => sum + x * row[n], 0))
            : 0,
        );
        const total = weights.reduce((sum, w) => sum + w, 0);
        return row.map((_, n) => values.reduce((sum, value, j) => sum + (weights[j] / total) * value[n], 0));
      }),
    ),
  );
}

/** The same by other tf ops: scores one head and query at a time, gradients by tfjs. */
const reference =
  ({ scale, offset, window }: Required<Pick<CausalAttentionOptions, 'scale' | 'offset' | 'window'>>) =>
  (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const [, heads, time] = q.shape as number[];
    const perHead = Array.from({ length: heads }, (_, h) => {
      const kvHead = Math.floor((h * (k.shape as number[])[1]) / heads);
      const rows = Array.from({ length: time }, (_, i) => {
        const [start, end] = [Math.max(0, i + offset - window + 1), i + offset + 1];
        const seen = (x: tf.Tensor) => tf.slice(x, [0, kvHead, start, 0], [-1, 1, end - start, -1]);
        const row = tf.slice(q, [0, h, i, 0], [-1, 1, 1, -1]);
        const weights = tf.exp(tf.sum(tf.mul(tf.mul(row, seen(k)), scale), -1, true));
        return tf.sum(tf.mul(tf.div(weights, tf.sum(weights, 2, true)), seen(v)), 2, true);
      });
      return tf.concat(rows, 2);
    });
    return tf.concat(perHead, 1);
  };

const upTo = (max: number) => fc.integer({ min: 1, max });
const cases = fc
  .record({ batch: upTo(2), kvHeads: upTo(2), group: upTo(3), time: upTo(5), cached: fc.nat({ max: 4 }), dim: upTo(4), unused: fc.nat({ max: 2 }), window: upTo(6), seed: fc.nat() }) // biome-ignore format: one line
  .map(({ batch, kvHeads, group, time, cached, dim, unused, window, seed }) => ({
    shapeQ: [batch, kvHeads * group, time, dim],
    shapeK: [batch, kvHeads, cached + time + unused, dim],
    options: { scale: 1 / dim, offset: cached, window },
    seed,
  }));
const qkv = (shapeQ: number[], shapeK: number[], seed: number) => [
  random(shapeQ, seed),
  random(shapeK, seed + 1),
  random(shapeK, seed + 2),
];

describeOnBackends('causalAttention', () => {
  it('is the float64 formula for any sizes, window, offset and number of key heads', () => {
    fc.assert(
      fc.property(cases, ({ shapeQ, shapeK, options, seed }) => {
        tf.tidy(() => {
          const [q, k, v] = qkv(shapeQ, shapeK, seed);
          const [a, b, c] = [q, k, v].map((x) => x.arraySync() as Heads);
          const { scale, offset, window } = options;
          expectClose(causalAttention(q, k, v, options), inFloat64(a, b, c, scale, offset, window), 1e-5);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('equals an independent composition of tf ops, forward and backward', () => {
    fc.assert(
      fc.property(cases, ({ shapeQ, shapeK, options, seed }) => {
        tf.tidy(() => {
          const ours = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => causalAttention(q, k, v, options);
          expectSameFunction(ours, reference(options), qkv(shapeQ, shapeK, seed));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('has the gradients of central differences, with and without dropout', () => {
    const inputs = qkv([1, 2, 3, 2], [1, 1, 3, 2], 5);
    for (const options of [{}, { dropout: 0.5, seed: 3, window: 2 }]) {
      expectGradientsMatchDifferences((q, k, v) => causalAttention(q, k, v, options), inputs);
    }
  });

  it('scales by 1/√dim and lets queries be the last positions, unless told otherwise', () => {
    const [q, k, v] = qkv([1, 1, 2, 3], [1, 1, 5, 3], 1);
    const explicit = { scale: 1 / Math.sqrt(3), offset: 3, window: 5 };
    expectClose(causalAttention(q, k, v), causalAttention(q, k, v, explicit), 0);
  });

  it('does not see later keys, whatever they hold', () => {
    const [q, k, v] = qkv([2, 2, 4, 3], [2, 1, 4, 3], 2);
    const later = tf.tensor4d([0, 0, 0, 1e4], [1, 1, 4, 1]);
    const o = causalAttention(q, tf.add(k, later), tf.sub(v, later));
    const first = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [-1, -1, 3, -1]);
    expectClose(first(o), first(causalAttention(q, k, v)), 0);
  });

  it('gives the first query the first value', () => {
    const [q, k, v] = qkv([1, 1, 3, 2], [1, 1, 3, 2], 3);
    const first = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [-1, -1, 1, -1]);
    expectClose(first(causalAttention(q, k, v)), first(v), 1e-6);
    expectClose(causalAttention(q, k, v, { window: 1 }), v, 1e-6);
  });

  it('read step by step from a cache equals all at once', () => {
    const [q, k, v] = qkv([1, 4, 5, 2], [1, 2, 5, 2], 4);
    const upTo = (x: tf.Tensor, t: number) => tf.slice(x, [0, 0, 0, 0], [-1, -1, t + 1, -1]);
    const steps = [0, 1, 2, 3, 4].map((t) =>
      causalAttention(tf.slice(q, [0, 0, t, 0], [-1, -1, 1, -1]), upTo(k, t), upTo(v, t), { window: 3 }),
    );
    expectClose(tf.concat(steps, 2), causalAttention(q, k, v, { window: 3 }), 1e-6);
  });

  it('gives grouped queries what repeated keys and values give', () => {
    const [q, k, v] = qkv([2, 6, 3, 2], [2, 2, 3, 2], 6);
    const repeat = (x: tf.Tensor) => tf.gather(x, [0, 0, 0, 1, 1, 1], 1);
    expectClose(causalAttention(q, k, v), causalAttention(q, repeat(k), repeat(v)), 1e-6);
  });

  it('permutes with its batch and heads', () => {
    const inputs = qkv([3, 2, 4, 2], [3, 2, 4, 2], 7);
    const swap = (x: tf.Tensor) => tf.gather(tf.gather(x, [2, 0, 1], 0), [1, 0], 1);
    const [q, k, v] = inputs.map(swap);
    expectClose(causalAttention(q, k, v), swap(causalAttention(inputs[0], inputs[1], inputs[2])), 1e-6);
  });

  it('stays finite for scores of any size', () => {
    const [q, k, v] = qkv([1, 1, 3, 2], [1, 1, 3, 2], 8);
    const sum = (q: tf.Tensor) => tf.sum(causalAttention(q, k, v, { scale: 1e6 }));
    expect(Number.isFinite(sum(q).dataSync()[0])).toBe(true);
    expect(tf.grad(sum)(q).dataSync().every(Number.isFinite)).toBe(true);
  });

  it('spreads NaN of a query over its own output only', () => {
    const ones = tf.ones([1, 1, 2, 1]);
    const o = causalAttention(tf.tensor4d([Number.NaN, 1], [1, 1, 2, 1]), ones, ones);
    expectClose(o, [Number.NaN, 1], 0);
  });

  it('has a second derivative', () => {
    const inputs = qkv([1, 2, 3, 2], [1, 1, 3, 2], 9);
    inputs.forEach((input, i) => {
      const op = (x: tf.Tensor) => {
        const [q, k, v] = inputs.with(i, x);
        return causalAttention(q, k, v);
      };
      expectSecondDerivativeMatchesDifferences(op, input);
    });
  });

  it('drops the stated share, the same for the same seed, and keeps the mean', () => {
    const [q, k] = [tf.zeros([8, 4, 32, 2]), tf.zeros([8, 4, 32, 2])];
    const v = tf.ones([8, 4, 32, 2]);
    const run = (seed?: number) => causalAttention(q, k, v, { dropout: 0.3, seed });
    const mean = tf.mean(run(1)).dataSync()[0];
    expect(Math.abs(mean - 1)).toBeLessThan(0.03);
    expectClose(run(1), run(1), 0);
    const differs = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
    expect(differs(run(1), run(2))).toBeGreaterThan(0.1);
    expect(differs(run(), run())).toBeGreaterThan(0.1);
    expectClose(causalAttention(q, k, v, { dropout: 0, seed: 1 }), v, 1e-6);
  });

  it.each<[string, number[], number[], CausalAttentionOptions]>([
    ['causalAttention: q, k and v have shapes [1,3,2,2], [1,2,2,2]', [1, 3, 2, 2], [1, 2, 2, 2], {}],
    ['causalAttention: q, k and v have shapes [1,2,2,2], [1,2,2,3]', [1, 2, 2, 2], [1, 2, 2, 3], {}],
    ['causalAttention: q, k and v have shapes [2,2], [2,2]', [2, 2], [2, 2], {}],
    [
      'causalAttention: offset is -1, expected an integer from 0 to timeK − time = 1 − 2.',
      [1, 1, 2, 2],
      [1, 1, 1, 2],
      {},
    ],
    ['causalAttention: offset is 1, expected', [1, 1, 2, 2], [1, 1, 2, 2], { offset: 1 }],
    ['causalAttention: window is 0, expected an integer ≥ 1.', [1, 1, 2, 2], [1, 1, 2, 2], { window: 0 }],
    [
      'causalAttention: dropout is 1, expected a number from 0 to below 1.',
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      { dropout: 1 },
    ],
    [
      'causalAttention: seed is 0.5, expected an integer from 0 to 2³² − 1.',
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      { seed: 0.5 },
    ],
    [
      'causalAttention: scale is NaN, expected a finite number.',
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      { scale: Number.NaN },
    ],
  ])('refuses: %s', (message, shapeQ, shapeK, options) => {
    const k = tf.zeros(shapeK);
    expect(() => causalAttention(tf.zeros(shapeQ), k, k, options)).toThrow(message);
  });
});
