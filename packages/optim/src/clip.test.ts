import { clipByGlobalNorm, clipByParamNorm, type Transform } from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import golden from '../fixtures/d2_clip_grad_norm.json' with { type: 'json' };

const cases = goldenCases<
  { grads: GoldenTensor[] },
  { max_norm: number; norm_type: number | 'inf' },
  { clipped: GoldenTensor[] }
>(golden);

/** Runs a transform on gradients called 0, 1, … */
function clip(transform: Transform, gradients: tf.Tensor[]): tf.Tensor[] {
  const updates = Object.fromEntries(gradients.map((g, i) => [i, g]));
  const params = Object.fromEntries(
    gradients.map((g, i) => [i, tf.variable(tf.zerosLike(g), true, `clip.${i}`)]),
  );
  const out = transform.update(updates, {}, { count: 0, params }).updates;
  tf.dispose(params);
  return gradients.map((_, i) => out[i]);
}

const gradients = fc.array(
  fc.array(
    fc.integer({ min: -500, max: 500 }).map((n) => n / 100),
    { minLength: 1, maxLength: 6 },
  ),
  { minLength: 1, maxLength: 4 },
);
const ords = fc.constantFrom(1, 2, Infinity);
const normOf = (values: number[], ord: number) =>
  ord === Infinity
    ? Math.max(...values.map(Math.abs))
    : values.reduce((sum, x) => sum + Math.abs(x) ** ord, 0) ** (1 / ord);

describeOnBackends('clipByGlobalNorm', () => {
  it.each(cases)('clips as PyTorch: $name', ({ inputs, hyper, expected, tolerance }) => {
    const ord = hyper.norm_type === 'inf' ? Infinity : hyper.norm_type;
    const clipped = clip(
      clipByGlobalNorm(hyper.max_norm, { ord }),
      inputs.grads.map(({ data, shape }) => tf.tensor(data, shape, 'float32')),
    );
    clipped.forEach((g, i) => {
      expectClose(g, expected.clipped[i].data, tolerance(`clipped[${i}]`));
    });
  });

  it('brings the common norm down to the limit and keeps the direction', () => {
    fc.assert(
      fc.property(gradients, ords, (grads, ord) => {
        const all = grads.flat();
        const norm = normOf(all, ord);
        const clipped = tf.tidy(() =>
          clip(
            clipByGlobalNorm(2, { ord }),
            grads.map((g) => tf.tensor1d(g)),
          ).flatMap((g) => Array.from(g.dataSync())),
        );
        expectClose(
          clipped,
          all.map((x) => x * Math.min(1, 2 / (norm + 1e-6))),
          1e-5,
        );
        expect(normOf(clipped, ord)).toBeLessThanOrEqual(2 * (1 + 1e-6));
      }),
    );
  });

  it('lets everything pass with an infinite limit', () => {
    expectClose(clip(clipByGlobalNorm(Infinity), [tf.tensor1d([1e20, -3])])[0], [Math.fround(1e20), -3], 0);
  });

  it('makes every update NaN when one gradient is', () => {
    const [a, b] = clip(clipByGlobalNorm(1), [tf.tensor1d([Number.NaN, 1]), tf.tensor1d([1])]);
    expectClose(a, [Number.NaN, Number.NaN], 0);
    expectClose(b, [Number.NaN], 0);
  });

  it('accepts a step without any gradient', () => {
    expect(clip(clipByGlobalNorm(1), [])).toEqual([]);
  });
});

describeOnBackends('clipByParamNorm', () => {
  it('clips each parameter by its own norm', () => {
    const [small, large] = clip(clipByParamNorm(1), [tf.tensor1d([0.3, 0.4]), tf.tensor1d([30, 40])]);
    expectClose(small, [0.3, 0.4], 1e-7);
    expectClose(large, [0.6, 0.8], 1e-5);
  });

  it('knows the other norms', () => {
    const g = () => [tf.tensor1d([3, -1])];
    expectClose(clip(clipByParamNorm(1, { ord: 1 }), g())[0], [0.75, -0.25], 1e-6);
    expectClose(clip(clipByParamNorm(1, { ord: Infinity }), g())[0], [1, -1 / 3], 1e-6);
  });
});

it.each([clipByGlobalNorm, clipByParamNorm])('%o refuses limits and norms that make no sense', (clipBy) => {
  expect(() => clipBy(0)).toThrow(`${clipBy.name}: maxNorm is 0, expected a number > 0. A usual value is 1.`);
  expect(() => clipBy(Number.NaN)).toThrow(`${clipBy.name}: maxNorm is NaN`);
  expect(() => clipBy(1, { ord: 3 })).toThrow(`${clipBy.name}: ord is 3, expected 1, 2 or Infinity.`);
});
