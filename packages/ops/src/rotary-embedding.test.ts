import { type RotaryEmbeddingOptions, rotaryEmbedding, rotaryFrequencies } from '@evenkeel/ops';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import golden from '../fixtures/g6_modula_mlp_bonds.json' with { type: 'json' };
import { expectGradientsMatchDifferences, random } from '../test/expect-same-function.js';

type Pair = { q: GoldenTensor; k: GoldenTensor };
const ropes = goldenCases<Pair, { bond?: string }, Pair>(golden).filter(({ hyper }) => hyper.bond === 'Rope');

/** The definition in float64, for x of shape [time, dim]. */
function inFloat64(rows: number[][], frequencies: number[], positions: number[], layout = 'half'): number[] {
  return rows.flatMap((row, t) => {
    const out = [...row];
    frequencies.forEach((frequency, i) => {
      const [a, b] = layout === 'half' ? [i, i + frequencies.length] : [2 * i, 2 * i + 1];
      const angle = positions[t] * frequency;
      out[a] = row[a] * Math.cos(angle) - row[b] * Math.sin(angle);
      out[b] = row[b] * Math.cos(angle) + row[a] * Math.sin(angle);
    });
    return out;
  });
}

const options = fc.record({
  offset: fc.integer({ min: 0, max: 3000 }),
  layout: fc.constantFrom('half' as const, 'interleaved' as const),
  base: fc.constantFrom(100, 10_000, 500_000),
});
const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), fc.nat());

describeOnBackends('rotaryEmbedding', () => {
  it('is the float64 formula for any layout, base and offset', () => {
    fc.assert(
      fc.property(sizes, options, ([time, pairs, seed], { base, offset, layout }) => {
        tf.tidy(() => {
          const x = random([time, 2 * pairs], seed);
          const expected = inFloat64(
            x.arraySync() as number[][],
            rotaryFrequencies(2 * pairs, base),
            Array.from({ length: time }, (_, t) => t + offset),
            layout,
          );
          expectClose(rotaryEmbedding(x, { base, offset, layout }), expected, 1e-6);
        });
      }),
      { numRuns: 40 },
    );
  });

  it.each(ropes)('turns as Modula does, up to its swapped sine: $name', ({ inputs, expected, tolerance }) => {
    // Modula's code turns backwards and negates the second half.
    for (const name of ['q', 'k'] as const) {
      const { data, shape } = inputs[name];
      const dim = shape[shape.length - 1];
      const frequencies = Array.from({ length: dim / 2 }, (_, i) => -(10_000 ** (-i / (dim / 2))));
      const [first, second] = tf.split(rotaryEmbedding(tf.tensor(data, shape), { frequencies }), 2, -1);
      expectClose(tf.concat([first, tf.neg(second)], -1), expected[name].data, tolerance(name));
    }
  });

  it('leaves the entries beyond its frequencies as they are', () => {
    const x = random([2, 3, 7], 1);
    for (const layout of ['half', 'interleaved'] as const) {
      const y = rotaryEmbedding(x, { frequencies: [1, 0.1], layout });
      const rest = (t: tf.Tensor) => tf.slice(t, [0, 0, 4], [2, 3, 3]);
      expectClose(rest(y), rest(x), 0);
      const rows = tf.reshape(x, [6, 7]).arraySync() as number[][];
      expectClose(y, inFloat64(rows, [1, 0.1], [0, 1, 2, 0, 1, 2], layout), 1e-6);
    }
  });

  it('takes positions in any order', () => {
    const rows = [[1, 2], [3, 4], [5, 6]]; // biome-ignore format: rows
    const expected = inFloat64(rows, [1], [7, 0, 2]);
    expectClose(rotaryEmbedding(tf.tensor2d(rows), { positions: [7, 0, 2] }), expected, 1e-6);
  });

  it('is an isometry, whose gradient is its inverse', () => {
    fc.assert(
      fc.property(sizes, options, ([time, pairs, seed], options) => {
        tf.tidy(() => {
          const x = random([2, time, 2 * pairs], seed);
          const turn = (x: tf.Tensor) => rotaryEmbedding(x, options);
          expectClose(tf.norm(turn(x), 2, -1), tf.norm(x, 2, -1), 1e-5);
          expectClose(tf.grad(turn)(x, turn(x)), x, 1e-5);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('makes q · k depend only on how far apart they are', () => {
    fc.assert(
      fc.property(options, fc.nat({ max: 1000 }), fc.nat(), ({ offset, ...rest }, shift, seed) => {
        tf.tidy(() => {
          const [q, k] = [random([3, 8], seed), random([3, 8], seed + 1)] as tf.Tensor2D[];
          const scores = (offset: number) => {
            const turn = (x: tf.Tensor2D) => rotaryEmbedding(x, { ...rest, offset }) as tf.Tensor2D;
            return tf.matMul(turn(q), turn(k), false, true);
          };
          expectClose(scores(offset), scores(offset + shift), 1e-4);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('has the gradient of central differences, and a second derivative', () => {
    const turn = (x: tf.Tensor) => rotaryEmbedding(x, { offset: 5, layout: 'interleaved' });
    expectGradientsMatchDifferences(turn, [random([2, 4], 1)]);
    const squared = (x: tf.Tensor) => tf.sum(tf.square(turn(x))); // = Σ x²
    expectClose(tf.grad((x) => tf.sum(tf.grad(squared)(x)))(random([2, 4], 1)), new Array(8).fill(2), 1e-5);
  });

  it('keeps NaN', () => {
    expectClose(rotaryEmbedding(tf.tensor2d([[Number.NaN, 1]])), [Number.NaN, Number.NaN], 0);
  });

  it.each<[string, number[], RotaryEmbeddingOptions]>([
    ['rotaryEmbedding: x has shape [4], expected [..., time, dim].', [4], {}],
    ['rotaryEmbedding: x has shape [1,3], expected an even last axis, 2 or more.', [1, 3], {}],
    [
      'rotaryEmbedding: 2 frequencies came for x of shape [1,3], expected 1 to 1',
      [1, 3],
      { frequencies: [1, 1] },
    ],
    [
      'rotaryEmbedding: both base and frequencies came, expected one.',
      [1, 2],
      { base: 10, frequencies: [1] },
    ],
    ['rotaryEmbedding: both offset and positions came, expected one.', [1, 2], { offset: 1, positions: [1] }],
    [
      'rotaryEmbedding: the positions are [1…], 1 for x of shape [2,2], expected 2',
      [2, 2],
      { positions: [1] },
    ],
    ['rotaryEmbedding: the positions are [NaN…]', [1, 2], { offset: Number.NaN }],
    [
      "rotaryEmbedding: layout is 'full', expected 'half' or 'interleaved'.",
      [1, 2],
      { layout: 'full' as never },
    ],
    ['rotaryFrequencies: base is 0, expected a number > 0.', [1, 2], { base: 0 }],
  ])('refuses: %s', (message, shape, options) => {
    expect(() => rotaryEmbedding(tf.zeros(shape), options)).toThrow(message);
  });
});
